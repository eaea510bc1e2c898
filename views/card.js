"use strict";
// Keeps the card alive: sends what agents do with the session that the page was given, and fetches the card when it changed.
(() => {
  const base = location.pathname;
  const card = () => document.getElementById("card");
  let asking = 0, stream = null;

  const ask = (act, body, stop) => fetch(`${base}/${act}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { Authorization: `Bearer ${card().dataset.session}` },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: stop,
  });

  const say = (text) => { card().querySelector(".said").textContent = text; };

  // What went wrong, in the service's own words.
  const problem = async (answer) => {
    const { error } = await answer.json().catch(() => ({ error: { message: "something went wrong", hint: "reload the ticket" } }));
    if (answer.status === 401) stream?.abort();
    say(`${error.message}: ${error.hint}`);
  };

  const show = (html) => {
    const made = new DOMParser().parseFromString(html, "text/html").getElementById("card");
    if (!made) return;
    card().replaceWith(made);
    wake();
  };

  // Only the newest question's answer is shown: a late one is of a card that is gone.
  const bring = async (act, body) => {
    const mine = ++asking;
    const answer = await ask(act, body);
    const text = answer.ok ? await answer.text() : null;
    if (mine !== asking) return;
    if (text === null) await problem(answer);
    else show(text);
  };

  const wake = () => {
    for (const hidden of card().querySelectorAll(".acts, .search")) hidden.hidden = false;
  };

  const search = async (form) => {
    const answer = await ask("search", Object.fromEntries(new FormData(form)));
    if (!answer.ok) return problem(answer);
    const made = new DOMParser().parseFromString(await answer.text(), "text/html");
    form.parentElement.querySelector(".hits").replaceChildren(...made.body.childNodes);
  };

  document.addEventListener("submit", (event) => {
    event.preventDefault();
    search(event.target);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-act]");
    if (!button) return;
    const { act, pick, install } = button.dataset;
    if (act === "back") bring("refresh", {});
    else if (act === "refresh") bring("refresh", { anew: true });
    else if (pick) bring(act, { pick });
    else if (install) bring(act, { install });
  });

  const changed = (version) => {
    const is_typing = document.activeElement?.matches("input, select");
    const is_opened = card().hasAttribute("data-opened");
    if (version !== card().dataset.version && !is_typing && !is_opened) bring("refresh", {});
  };

  const listen = async () => {
    stream = new AbortController();
    const answer = await ask("events", undefined, stream.signal);
    if (!answer.ok) return answer.status !== 401;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return true;
      const events = (text + value).split("\n\n");
      text = events.pop();
      for (const event of events) {
        const version = /^data: (.*)$/m.exec(event)?.[1] ?? "";
        if (/^event: over$/m.test(event)) return false;
        if (/^event: (card|changed)$/m.test(event)) changed(version);
      }
    }
  };

  // Where no stream can be had, the card is asked for every 15 seconds.
  const live = async () => {
    for (;;) {
      const goes_on = await listen().catch(() => true);
      if (!goes_on) return say("This card's session is over: reload the ticket.");
      await new Promise((done) => setTimeout(done, 15000));
      if (Date.now() / 1000 >= Number(card().dataset.until)) return say("This card's session is over: reload the ticket.");
      if (!card().hasAttribute("data-opened") && !document.activeElement?.matches("input, select")) await bring("refresh", {});
    }
  };

  wake();
  live();
})();
