"use strict";
// The live card in Kustomer. The page holds no data: the SDK says which customer is open, Kustomer's servers run the command
// with a secret that never comes here, and what it brings is shown for as long as that customer is open.
(() => {
  const card = document.getElementById("card");
  const { command, authorization } = card.dataset;
  // An answer that takes longer is none.
  const PATIENCE = 20_000;
  // The same customer is not asked about again before that.
  const FRESH = 60_000;

  let person = null; // who is open: { key, id, emails, agent }
  let asked = 0; // the number of the newest question: an older one's answer is nobody's
  let waits = false;
  let shownAt = null; // when this person's card came
  let isClosed = false;
  let told = "";

  function show(name) {
    card.replaceChildren(document.getElementById(name).content.cloneNode(true));
    card.querySelector("button")?.addEventListener("click", () => ask());
  }

  // Who is open. Kustomer gives the customer beside whatever is expanded, or as the context itself.
  function read(context) {
    const given = Array.isArray(context) ? Object.assign({}, ...context) : (context ?? {});
    const inner = given.customContext ?? {};
    const customer = given.customer ?? inner.customer ?? (given.type === "customer" ? given : {});
    const fields = customer.attributes ?? customer;
    const emails = (fields.emails ?? [])
      .map((entry) => (typeof entry === "string" ? entry : entry?.email))
      .filter((email) => typeof email === "string" && email.trim() !== "");
    const user = given.user ?? given.currentUser ?? inner.currentUser;
    const agent = typeof user === "string" ? user : user?.id;
    const id = customer.id ?? null;
    return { key: JSON.stringify([id, emails]), id, emails, agent };
  }

  function meet(context) {
    const next = read(context);
    const isSame = person?.key === next.key;
    person = next;
    if (isSame && (waits || (shownAt !== null && Date.now() - shownAt < FRESH))) return;
    if (next.emails.length === 0) {
      asked += 1;
      waits = false;
      shownAt = null;
      show("nobody");
      isClosed = true;
      window.Kustomer.close();
      return;
    }
    if (isClosed) {
      isClosed = false;
      window.Kustomer.open();
    }
    // The same person's card stays until the new one is there; another one's goes at once.
    ask(isSame && shownAt !== null);
  }

  async function ask(quietly = false) {
    asked += 1;
    const own = asked;
    const { id, emails, agent } = person;
    waits = true;
    if (!quietly) {
      shownAt = null;
      show("waiting");
    }
    // Whatever stands between must not hand out what it kept of another question.
    const tag = crypto.randomUUID();
    const options = {
      headers: { Authorization: authorization, "Content-Type": "application/json" },
      body: { emails, tag, ...(id && { customer_id: id }), ...(agent && { agent }) },
    };
    const { name, main } = await Promise.race([bring(options, tag), patience()]);
    if (own !== asked) return;
    waits = false;
    if (main) {
      for (const button of main.querySelectorAll("[data-copy]")) button.hidden = false;
      card.replaceChildren(main);
      shownAt = Date.now();
    } else if (!quietly) {
      show(name);
    }
  }

  // Frames within Kustomer's are lent no clipboard, so that the newer way would be refused; this one needs an agent's click
  // and no more.
  function copy(button) {
    getSelection().selectAllChildren(button.parentElement);
    document.oncopy = (event) => {
      event.preventDefault();
      event.clipboardData.setData("text/plain", button.dataset.copy);
      button.dataset.done = "";
    };
    document.execCommand("copy");
    document.oncopy = null;
  }

  function patience() {
    return new Promise((end) => setTimeout(() => end({ name: "failed" }), PATIENCE));
  }

  async function bring(options, tag) {
    try {
      const reply = await window.Kustomer.command.run(command, options);
      const given = reply?.responseBody ?? reply;
      const body = typeof given === "string" ? JSON.parse(given) : given;
      if (reply?.statusCode === 401 || body?.error?.code === "unauthorized") return { name: "refused" };
      if (typeof body?.html !== "string" || body.tag !== tag) return { name: "failed" };
      // Scripts in a parsed document are never run, and the page's policy allows none inline.
      const main = new DOMParser().parseFromString(body.html, "text/html").querySelector("main");
      return main ? { main: document.adoptNode(main) } : { name: "failed" };
    } catch {
      return { name: "failed" };
    }
  }

  // The frame is as high as what is in it.
  function fit() {
    const height = `${Math.ceil(document.body.getBoundingClientRect().height)}px`;
    if (height === "0px" || height === told) return;
    told = height;
    window.Kustomer.resize({ height });
  }

  if (!window.Kustomer) {
    show("failed");
    return;
  }
  card.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-copy]");
    if (button) copy(button);
  });
  window.Kustomer.on("context", meet);
  window.Kustomer.initialize(meet);
  new ResizeObserver(fit).observe(document.body);
})();
