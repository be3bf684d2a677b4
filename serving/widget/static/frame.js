// The widget in a frame asks the page around it for a token. Only pages of listed origins can frame this one
// (frame-ancestors), and only their answers are heard; the question itself tells nobody anything.

const WAIT_MS = 10000; // a portal that does not answer by then is not listening
const widget = document.querySelector("kol-shortlist");
const origins = document.body.dataset.origins.split(" ");

widget.getToken = () => new Promise((resolve, reject) => {
  const waited = new AbortController();
  addEventListener("message", (event) => {
    const token = event.data?.kolmatchToken;
    if (event.source !== parent || !origins.includes(event.origin) || typeof token !== "string") return;
    waited.abort();
    resolve(token);
  }, { signal: waited.signal });
  setTimeout(() => { waited.abort(); reject(new Error("no token")); }, WAIT_MS);
  parent.postMessage({ kolmatch: "token?" }, "*");
});
