// <kol-shortlist brief-id="brief_..." src-origin="https://kolmatch.example.vn" top="5"></kol-shortlist>
//
// The newest shortlist of a brief, with its reasons. Nothing is asked before the page has said how to get a token:
//   element.getToken = async () => "the portal's token of whoever is signed in";   // asked for each load, kept nowhere
// In Vietnamese, unless the nearest lang attribute is English. Themed by --kol-text, --kol-muted, --kol-line,
// --kol-accent, --kol-background, --kol-font.

const WORDS = {
  vi: {
    list: "Danh sách đề xuất", loading: "Đang tải danh sách…", none: "Chưa có danh sách nào cho bản yêu cầu này.",
    empty: "Không có ai phù hợp với bản yêu cầu này.", failed: "Không tải được danh sách.", again: "Thử lại",
    viewers: "Người trẻ một bài", to: "đến", group: "nhóm", why: "Vì sao", against: "Lưu ý",
    little: "Chưa đủ dữ liệu", draft: "bản nháp", proposed: "đã đề xuất", approved: "đã duyệt", post: "xem bài",
    tab: "(mở thẻ mới)", other: "khác",
  },
  en: {
    list: "Shortlist", loading: "Loading the list…", none: "There is no list for this brief yet.",
    empty: "Nobody fits this brief.", failed: "The list cannot be loaded.", again: "Try again",
    viewers: "Young viewers of a post", to: "to", group: "group", why: "Why", against: "Against",
    little: "Too little data", draft: "draft", proposed: "proposed", approved: "approved", post: "see the post",
    tab: "(opens a new tab)", other: "other",
  },
};
const PLATFORMS = {
  tiktok: "TikTok", youtube: "YouTube", facebook: "Facebook", instagram: "Instagram", zalo: "Zalo", threads: "Threads",
};
const FORMATS = {
  vi: { video: "video", live: "phát trực tiếp", image: "ảnh", text: "bài viết", audio: "âm thanh" },
  en: { video: "video", live: "live", image: "image", text: "text", audio: "audio" },
};
const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
  :host { display: block; color: var(--kol-text, CanvasText); background: var(--kol-background, Canvas);
    font: var(--kol-font, 1rem/1.5 system-ui, sans-serif); overflow-wrap: anywhere }
  section { padding: 1rem; border: 1px solid var(--kol-line, GrayText); border-radius: .5rem }
  h2 { margin: 0; font-size: 1.2em } ol { margin: .5rem 0; padding-left: 1.8em } li { margin: .75rem 0 }
  p { margin: .2rem 0 } .muted { color: var(--kol-muted, inherit); font-size: .9em } blockquote { margin: .5rem 0 0 1rem }
  .bar { position: relative; height: .5rem; max-width: 24rem;
    background: color-mix(in srgb, currentColor 12%, transparent) }
  .bar i { position: absolute; height: 100%; min-width: 3px; background: var(--kol-accent, LinkText) }
  a { color: var(--kol-accent, LinkText) } button { font: inherit; padding: .4em .9em; cursor: pointer }
  summary { cursor: pointer; min-height: 1.5rem }
  :focus-visible { outline: 3px solid var(--kol-accent, LinkText); outline-offset: 2px }`);

/** An element with its text or children; texts are never read as HTML. */
function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

class KolShortlist extends HTMLElement {
  static observedAttributes = ["brief-id", "src-origin", "top", "lang"];
  #ask = null;
  #asked = new AbortController();
  #root = this.attachShadow({ mode: "open" });

  get getToken() { return this.#ask; }
  set getToken(ask) { this.#ask = ask; this.load(); }

  connectedCallback() {
    this.#root.adoptedStyleSheets = [STYLE];
    const early = Object.getOwnPropertyDescriptor(this, "getToken")?.value;  // set before this file was loaded
    if (early) { delete this.getToken; this.#ask = early; }
    this.load();
  }
  attributeChangedCallback() { if (this.isConnected) this.load(); }
  disconnectedCallback() { this.#asked.abort(); }

  get #lang() { return (this.closest("[lang]")?.lang ?? "vi").startsWith("en") ? "en" : "vi"; }
  get #words() { return WORDS[this.#lang]; }
  #number(value) { return new Intl.NumberFormat(this.#lang, { maximumSignificantDigits: 3 }).format(value); }
  #said(thing, name) { return thing[`${name}_${this.#lang}`]; }
  #platform(name) { return PLATFORMS[name] ?? this.#words.other; }

  /** Ask for the list and show it; a load that comes later takes the place of this one. */
  async load() {
    this.#asked.abort();
    const { signal } = this.#asked = new AbortController();
    this.#show(make("p", { role: "status", textContent: this.#words.loading }), true);
    if (!this.#ask) return;
    try {
      const token = await this.#ask();
      const brief = encodeURIComponent(this.getAttribute("brief-id"));
      const [item] = (await this.#get(`shortlists?limit=1&brief_id=${brief}`, token, signal)).items;
      const list = item && await this.#get(`shortlists/${item.shortlist_id}`, token, signal);
      const none = make("p", { role: "status", textContent: this.#words.none });
      if (!signal.aborted) this.#show(list ? this.#list(item, list) : none);
    } catch (error) {
      if (!signal.aborted) this.#show(this.#failure(error));
    }
  }

  async #get(path, token, signal) {
    const origin = this.getAttribute("src-origin") || new URL(import.meta.url).origin;
    const headers = { "Accept-Language": this.#lang, ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${origin}/v1/${path}`, { headers, signal, credentials: "omit", cache: "no-store" });
    const body = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(body.code), { detail: body.detail });
    return body;
  }

  #show(content, busy = false) {
    const heading = make("h2", { id: "title", textContent: this.#words.list });
    const section = make("section", {}, ...(content instanceof DocumentFragment ? [content] : [heading, content]));
    section.setAttribute("aria-labelledby", "title");
    section.setAttribute("aria-busy", busy);
    this.#root.replaceChildren(section);
  }

  #failure(error) {
    const again = make("button", { type: "button", textContent: this.#words.again, onclick: () => this.load() });
    return make("div", { role: "alert" }, make("p", { textContent: error.detail ?? this.#words.failed }), again);
  }

  #list(item, list) {
    const entries = list.entries.slice(0, Number(this.getAttribute("top")) || 5);
    const widest = Math.max(1, ...entries.map((entry) => entry.reach?.viewers.p90 ?? 0));
    const shown = document.createDocumentFragment();
    shown.append(
      make("h2", { id: "title", textContent: item.title }),
      make("p", { className: "muted", textContent: `${this.#words.list}: ${this.#words[item.status]}` }),
      ...(list.synthetic ? [make("p", { textContent: this.#said(list, "label") })] : []),
      entries.length
        ? make("ol", {}, ...entries.map((entry) => this.#entry(entry, widest)))
        : make("p", { textContent: this.#words.empty }),
      make("p", { className: "muted", textContent: this.#said(list.decision, "note") }),
    );
    return shown;
  }

  #entry(entry, widest) {
    const group = entry.tie === null ? "" : ` (${this.#words.group} ${entry.tie})`;
    const row = make("li", { value: entry.rank }, make("p", {}, make("strong", { textContent: entry.name }), group));
    const little = make("p", { textContent: `${this.#words.little}: ${this.#said(entry.state, "label")}` });
    row.append(...(entry.reach ? this.#reach(entry.reach, widest) : [little]));
    const against = entry.against.map((item) => this.#said(item, "label")).join("; ");
    if (against) row.append(make("p", { textContent: `${this.#words.against}: ${against}` }));
    const posts = entry.evidence.slice(0, 2).map((post) => this.#post(post));
    if (posts.length) row.append(make("details", {}, make("summary", { textContent: this.#words.why }), ...posts));
    return row;
  }

  #reach(reach, widest) {
    const { p10, p50, p90 } = reach.viewers;
    const bar = make("i");
    Object.assign(bar.style, { left: `${(100 * p10) / widest}%`, width: `${(100 * (p90 - p10)) / widest}%` });
    const between = `${this.#number(p10)} ${this.#words.to} ${this.#number(p90)}`;
    const where = [this.#platform(reach.platform), FORMATS[this.#lang][reach.format]].filter(Boolean).join(", ");
    const said = `${this.#words.viewers}: ${this.#number(p50)} (${between}), ${where}`;
    return [make("p", { textContent: said }), make("div", { className: "bar", ariaHidden: "true" }, bar)];
  }

  #post(post) {
    const as = { timeZone: "Asia/Ho_Chi_Minh", day: "2-digit", month: "2-digit", year: "numeric" };
    const day = new Intl.DateTimeFormat(this.#lang === "vi" ? "vi" : "en-GB", as).format(new Date(post.published_at));
    const about = make("p", { className: "muted", textContent: `${day}, ${this.#platform(post.platform)}. ` });
    const link = { href: post.url, target: "_blank", rel: "noopener noreferrer" };
    const text = `${this.#words.post} ${this.#words.tab}`;
    if (/^https?:\/\//.test(post.url ?? "")) about.append(make("a", { ...link, textContent: text }));
    return make("blockquote", {}, make("p", { textContent: post.text }), about);
  }
}

customElements.define("kol-shortlist", KolShortlist);
