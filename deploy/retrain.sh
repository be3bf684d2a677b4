#!/bin/sh
# Retrain for the month that has ended in Ho Chi Minh City (UTC+7 all year; written so that no zone files are needed).
# What follows is handed on to `kolmatch retrain`.
set -eu
export TZ='<+07>-7'
first_day=$(date +%Y-%m-01)
exec kolmatch retrain --month "$(date --date "$first_day -1 day" +%Y-%m)" "$@"
