// The card, alive: kept as it is at Recharge, worked by hand, and told by the site around it whose card it is. Without this
// script it reads as well; `frame.rs` has the handles that the two share. It is served without what only people need.
(() => {
  const page = document;
  const base = location.pathname;
  const card = page.getElementById("card");
  const data = card.dataset;
  const words = page.body.dataset;
  const all = (what, within = card) => [...within.querySelectorAll(what)];
  const [said] = all(".said");
  const later = (ms) => new Promise((done) => setTimeout(done, ms));
  const read = (html) => new DOMParser().parseFromString(html, "text/html");

  // Of the customer that is shown: what was asked about another is nobody's.
  let life = new AbortController();
  let stream = life;
  // Listening begins anew for each customer, and when the page is seen again.
  let lives = 0;
  // The last question's number: an older one's answer is not shown.
  let last = 0;
  // What the agent is about: what they have asked for and not got yet, and the keys of the last three seconds.
  let busy = 0;
  // The card has changed, and is not fetched yet.
  let due = false;

  // What is said of a session that is over stays.
  const say = async (text) => {
    said.textContent = text;
    await later(20e3);
    if (said.textContent === text && data.session) said.textContent = "";
  };

  const send = (path, signal, body) => fetch(base + path, {
    method: body && "POST",
    headers: { Authorization: `Bearer ${data.session}`, "X-Sidecard-Fragment": 1 },
    body,
    signal,
  });

  // What is answered; nothing at all when it is nobody's any more.
  const ask = async (path, body) => {
    const { signal } = life;
    const answer = await send(path, signal, body && JSON.stringify(body)).catch(() => ({}));
    answer.html = await answer.text?.().catch(() => "");
    return signal.aborted ? null : answer;
  };

  const stop = () => {
    lives++;
    delete data.session;
    life.abort();
    stream.abort();
  };
  const end = () => {
    stop();
    say(words.sayOver);
    tell("expired");
  };

  // What went wrong, in the service's own words.
  const problem = ({ status, html }) => {
    if (status === 401) return end();
    try {
      const { message, hint } = JSON.parse(html).error;
      say(`${message}: ${hint}`);
    } catch {
      say(words.sayFailed);
    }
  };

  // --- What is shown becomes what is to be shown. What did not change is not touched: focus, folds and texts stay.
  const key = ({ nodeName, dataset, classList }) => nodeName + (dataset?.subscription ?? dataset?.install ?? classList?.[0]);

  // Articles by their keys: those that move to another list, and those that are filtered away.
  let strays;

  const become = (from, to) => {
    if (from.isEqualNode(to) || from.className === "hits") return;
    if (!from.attributes) return void (from.data = to.data);
    for (const name of [...from.getAttributeNames(), ...to.getAttributeNames()]) {
      if (/^(open|hidden|aria-disabled)$/.test(name)) continue;
      if (to.hasAttribute(name)) from.setAttribute(name, to.getAttribute(name));
      else from.removeAttribute(name);
    }
    const own = [...from.childNodes];
    const parts = [...to.childNodes].map((child) => {
      const found = own.findIndex((part) => key(part) === key(child));
      const part = found < 0 ? strays[key(child)] ?? child.cloneNode() : own.splice(found, 1)[0];
      become(part, child);
      return part;
    });
    for (const part of own) part.remove();
    let at = from.firstChild;
    for (const part of parts) {
      if (part === at) at = at.nextSibling;
      else from.insertBefore(part, at);
    }
  };

  const show = (made) => {
    const active = page.activeElement;
    become(card, made);
    wake();
    if (page.activeElement === active) return;
    const [main] = all("main");
    main.tabIndex = -1;
    const target = active.isConnected ? active : main;
    for (let fold = target; (fold = fold.parentElement.closest("details")); ) fold.open = true;
    target.focus({ preventScroll: true });
  };

  const wake = () => {
    strays = {};
    for (const row of all("article")) {
      strays[key(row)] = row;
      row.find = row.dataset.find;
    }
    for (const part of all("[hidden]")) part.hidden = false;
    for (const time of all("[data-clock]")) {
      const at = new Date(time.dateTime);
      time.textContent = at.toLocaleString([], { timeStyle: "short", dateStyle: at >= new Date().setHours(0, 0, 0) ? undefined : "medium" });
    }
    for (const section of all("section:has(.filter)")) {
      for (const list of all(".dense", section)) list.rows = all("article", list);
      sift(section);
    }
  };

  // --- What agents do
  const bring = async (act, body, quiet) => {
    const mine = ++last;
    const answer = await ask(`/${act}`, body);
    if (mine !== last || !answer) return;
    const made = read(answer.html).getElementById("card");
    if (!made) return quiet && answer.status !== 401 ? (due = true) : problem(answer);
    if (quiet && made.dataset.version === data.version) return;
    show(made);
    say(quiet ? words.sayUpdated : said.textContent);
  };

  // Sites around the page lend it no clipboard; this way needs none.
  const copy = (button, text) => {
    getSelection().selectAllChildren(button.parentElement);
    page.oncopy = (event) => {
      event.preventDefault();
      event.clipboardData.setData("text/plain", text);
      say(words.sayCopied);
    };
    page.execCommand("copy");
    page.oncopy = null;
    button.dataset.done = "";
  };

  // Those stay that have all of the words; of each list the first ten, until the rest is asked for. The others are taken out of the
  // page: beside many hidden ones, each that comes costs twice the time. Some go in each frame, and then one comes in each, so
  // that the next key is never kept waiting; what is too much for that, together.
  const sift = async (section) => {
    const [{ value }, count] = all(".filter :is(input, p)", section);
    const wanted = value.toLowerCase().split(" ");
    const most = section.whole === value ? 1e9 : 10;
    const come = (section.coming = []);
    const go = [];
    let found = 0;
    for (const list of all(".dense", section)) {
      // What is out of sight is laid out too: else it would be so all at once when it comes into sight.
      list.classList.toggle("few", most < 99);
      const fold = list.closest(".past:not([open])");
      let fits = 0;
      let above;
      for (const row of list.rows) {
        const is_out = !wanted.every((word) => row.find.includes(word)) || ++fits > most;
        // A fold opens without rows; they come as any others.
        if (fold) row.remove();
        if (is_out === row.isConnected) is_out ? go.push(row) : come.push([row, above, list]);
        if (!is_out) above = row;
      }
      if (fold) fold.open = value && fits;
      list.nextSibling.hidden = fits <= most;
      found += fits;
    }
    count.textContent = value && found + count.dataset.of;
    // Layout is done for what was before, between two frames: each does half of the work.
    const waits = async () => {
      section.offsetTop;
      await new Promise(requestAnimationFrame);
      await later(0);
      return section.coming !== come;
    };
    for (const [at, row] of go.entries()) {
      if (!go[99] && at % 4 === 0 && (await waits())) return;
      row.remove();
    }
    for (const [at, [row, above, list]] of come.entries()) {
      if (at < 50 && (await waits())) return;
      above ? above.after(row) : list.prepend(row);
    }
    waits();
  };

  // Not by the form's own way: a frame may forbid that.
  const seek = async (form) => {
    const mine = (form.turn = {});
    if (!form.reportValidity()) return;
    const answer = await ask("/search", Object.fromEntries(new FormData(form)));
    if (mine !== form.turn || !answer) return;
    if (!answer.ok) return problem(answer);
    form.nextSibling.innerHTML = answer.html;
  };

  const rest = () => {
    busy--;
    freshen();
  };

  page.onclick = async ({ target }) => {
    if (target.ariaDisabled) return say(target.title);
    const { act, pick, install, anew, copy: text, more } = target.dataset;
    const section = target.closest("section");
    if (text) copy(target, text);
    if (target.type === "button" && target.form) seek(target.form);
    if (more) {
      section.whole = all("input", section)[0].value;
      sift(section);
      // Which comes after the same frame, just before.
      requestAnimationFrame(() => later(0).then(() => all("summary", section.coming[0][0])[0].focus()));
    }
    if (!act) return;
    if (anew) {
      target.ariaDisabled = true;
      later(10e3).then(() => (target.ariaDisabled = null));
    }
    busy++;
    await bring(act, { pick, install, anew: !!anew });
    rest();
  };
  page.onkeydown = (event) => {
    const { key, target } = event;
    if (key !== "Enter" || target.name !== "text") return;
    event.preventDefault();
    seek(target.form);
  };
  page.oninput = ({ target }) => {
    busy++;
    later(3e3).then(rest);
    const section = target.closest("section");
    // The key is shown first.
    if (section) later(0).then(() => sift(section));
  };

  // --- What changes at Recharge
  const freshen = async () => {
    if (!due || busy || page.hidden || !data.session || "opened" in data) return;
    due = false;
    await bring("refresh", {}, true);
  };

  // Until the stream ends; whether the session is over.
  const listen = async () => {
    const own = (stream = new AbortController());
    const answer = await send("/events", own.signal);
    if (!answer.ok) return answer.status === 401;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; ; ) {
      // It beats every 15 seconds; what is silent for longer is dead.
      const silent = setTimeout(() => own.abort(), 40e3);
      const { value, done } = await reader.read();
      clearTimeout(silent);
      if (done) return;
      const events = (text + value).split("\n\n");
      text = events.pop();
      for (const event of events) {
        if (event.startsWith("event: over")) return true;
        due ||= event[0] !== ":" && !event.endsWith(` ${data.version}`);
        freshen();
      }
    }
  };

  // Where no stream can be had, the card is asked for every 15 seconds. A page that nobody sees asks for nothing.
  const live = async () => {
    const mine = ++lives;
    while (mine === lives && !page.hidden) {
      const is_over = await listen().catch(() => {});
      if (mine !== lives) return;
      if (is_over) return end();
      await later(15e3);
      due = true;
      await freshen();
    }
  };
  page.onvisibilitychange = () => {
    stream.abort();
    if (data.session) live();
  };

  // --- Between the page and the site around it: the README has the messages
  const sites = new RegExp(words.hosts);
  const around = location.ancestorOrigins?.[0] ?? page.referrer.slice(0, -1);
  let host = parent !== window && sites.test(around) && around;

  const tell = (type, more) => host && parent.postMessage({ sidecard: 1, type, ...more }, host);
  const measure = () => tell("resize", { height: Math.ceil(page.documentElement.getBoundingClientRect().height) });

  const state = (name, main) => {
    say("");
    card.replaceChildren(main ?? page.getElementById(name).content.cloneNode(true), said);
  };

  // Another customer, or nobody. What was shown goes at once, and what was asked about it.
  const meet = async (address) => {
    stop();
    // Loaded anew, the frame must not show whom its address named first.
    history.replaceState(null, "", base);
    if (!address) return state("nobody");
    life = new AbortController();
    state("waiting");
    const answer = await ask(`?${address.split("?")[1]}`);
    if (!answer) return;
    const given = read(answer.html);
    const made = given.getElementById("card");
    if (!made) return state("failed", given.querySelector("main"));
    show(made);
    live();
  };

  onmessage = ({ source, origin, data: told }) => {
    if (source !== parent || told?.sidecard !== 1 || !sites.test(origin)) return;
    host = origin;
    if (told.type === "customer") return meet(told.address);
    if (told.type !== "hello") return;
    tell("ready");
    measure();
  };

  wake();
  live();
  tell("ready");
  new ResizeObserver(measure).observe(page.documentElement);
})();
