// The agents' page. Cards are frames: each is shown when it has initialized itself, and told of every customer that the
// agent opens. What a card asks for is done here, with the agent's own session; no key is in the browser.
'use strict';

const cards = new Map();
let desk = null;
// How often the timeline is looked at for what has come or changed.
const EVERY = 2000;

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text ?? '';
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

async function read(url, body) {
  const options = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(url, options);
  return { ok: response.ok, body: await response.json().catch(() => null) };
}

async function open(which) {
  const { ok, body } = await read(`/agent/customers/${encodeURIComponent(which)}`);
  if (!ok) return;
  desk = body;
  const { id, attributes } = desk.context.customer;
  const emails = (attributes.emails ?? []).map((entry) => entry.email);
  document.getElementById('org').textContent = desk.org;
  document.getElementById('name').textContent = attributes.name;
  document.getElementById('email').textContent = emails.join(', ') || 'no email address';
  for (const button of document.querySelectorAll('nav button')) {
    button.toggleAttribute('aria-current', button.dataset.customer === id);
  }
  history.replaceState(null, '', `?${new URLSearchParams({ ...query(), customer: id })}`);
  timeline(desk.timeline);
  watch();
  for (const card of desk.cards) {
    const there = cards.get(card.id);
    if (!there) show(card);
    else if (there.begun) post(there, { kind: 'context', context: desk.context });
  }
}

let watching = 0;

function watch() {
  clearTimeout(watching);
  watching = setTimeout(async () => {
    const { id } = desk.context.customer;
    const { ok, body } = await read(`/agent/customers/${encodeURIComponent(id)}`).catch(() => ({ ok: false }));
    if (ok && desk.context.customer.id === id && JSON.stringify(body.timeline) !== JSON.stringify(desk.timeline)) {
      desk.timeline = body.timeline;
      timeline(desk.timeline);
    }
    watch();
  }, EVERY);
}

function written(value) {
  const isInstant = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value);
  return isInstant ? new Date(value).toLocaleDateString(undefined, { dateStyle: 'medium' }) : String(value);
}

function timeline(items) {
  const list = document.getElementById('timeline');
  const unfolded = new Set([...list.querySelectorAll('details[open]')].map((item) => item.dataset.object));
  list.replaceChildren();
  if (items.length === 0) list.append(element('p', 'Nothing on the timeline yet.', { class: 'soft' }));
  for (const { id, color, attributes, fields } of items) {
    const item = element('details', '', { class: 'item', 'data-object': id });
    item.open = unfolded.has(id);
    if (color) item.style.setProperty('--klass', color);
    const head = element('summary', attributes.title);
    head.append(element('small', attributes.description));
    const facts = element('dl');
    for (const { name, value, link } of fields) {
      const shown = element('dd', link ? '' : written(value));
      if (link) shown.append(element('a', name, { href: value, target: '_blank', rel: 'noopener noreferrer' }));
      facts.append(element('dt', link ? '' : name), shown);
    }
    item.append(head, facts);
    list.append(item);
  }
}

function show({ id, title, src }) {
  const url = new URL(src);
  url.searchParams.set('parentUrl', location.href);
  url.searchParams.set('id', id);
  const section = element('section', '', { class: 'card', 'data-card': id });
  const frame = element('iframe', '', { src: url.href, title });
  section.append(element('h2', title), frame);
  // Only a card that calls `initialize` is shown.
  section.hidden = true;
  document.getElementById('cards').append(section);
  cards.set(id, { id, section, frame, origin: url.origin, begun: false });
}

function post(card, message) {
  card.frame.contentWindow.postMessage({ ...message, card: card.id }, card.origin);
}

window.addEventListener('message', async ({ source, origin, data }) => {
  const card = cards.get(data?.card);
  if (!card || source !== card.frame.contentWindow || origin !== card.origin) return;
  switch (data.kind) {
    case 'initialize':
      card.begun = true;
      card.section.hidden = false;
      post(card, { kind: 'initialized', context: desk.context, config: { userRoles: ['org.user'] } });
      break;
    case 'open':
    case 'close':
      card.section.hidden = data.kind === 'close';
      break;
    case 'resize':
      if (data.height) card.frame.style.height = data.height;
      break;
    case 'toast': {
      const toast = document.getElementById('toast');
      toast.textContent = data.message;
      toast.hidden = false;
      break;
    }
    case 'command': {
      const { body } = await read(`/agent/commands/${encodeURIComponent(data.name)}`, data.options ?? {});
      post(card, { kind: 'done', number: data.number, ok: true, value: body });
      break;
    }
    case 'request': {
      const { ok, body } = await read('/agent/request', data.options);
      post(card, { kind: 'done', number: data.number, ok, value: ok ? body?.data : { error: body?.errors?.[0] } });
      break;
    }
  }
});

function query() {
  return Object.fromEntries(new URLSearchParams(location.search));
}

async function begin() {
  const { width, customer } = query();
  if (/^\d+$/.test(width ?? '')) document.body.style.setProperty('--panel', `${width}px`);
  const { body: all } = await read('/agent/customers');
  const list = document.getElementById('customers');
  for (const { id, name, email } of all) {
    const button = element('button', name, { type: 'button', 'data-customer': id });
    button.append(element('small', email ?? 'no email address'));
    button.addEventListener('click', () => open(id));
    list.append(button);
  }
  await open(customer ?? all[0]?.id);
}

begin();
