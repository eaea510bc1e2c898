// A ticket with the card beside it, as a helpdesk would build it: the server gives a signed address with each ticket. The
// first is loaded into the frame; of each further customer the page in the frame is told by message.
'use strict';

const frame = document.getElementById('card');
let current = null; // the ticket that is open
let is_ready = false; // whether the page in the frame can be told of another customer

async function ticket(id) {
  const response = await fetch(`/tickets/${encodeURIComponent(id)}`);
  return response.ok ? response.json() : null;
}

async function open(id) {
  current = id;
  const opened = await ticket(id);
  // Another one was opened meanwhile.
  if (!opened || current !== id) return;
  for (const what of ['subject', 'name', 'received', 'text']) document.getElementById(what).textContent = opened[what];
  document.getElementById('number').textContent = `#${id}`;
  document.getElementById('email').textContent = opened.email ?? 'no email address';
  document.getElementById('to').textContent = opened.name;
  document.querySelector('.face').textContent = [...opened.name][0];
  document.querySelector('textarea').value = '';
  for (const button of document.querySelectorAll('nav button')) {
    button.toggleAttribute('aria-current', button.dataset.ticket === id);
  }
  const query = new URLSearchParams(location.search);
  query.set('ticket', id);
  history.replaceState(null, '', `?${query}`);
  show(opened.card);
}

// The card of the open ticket's customer; of a ticket without one, that there is none.
function show({ address, origin }) {
  if (is_ready) {
    frame.contentWindow.postMessage({ sidecard: 1, type: 'customer', address }, origin);
  } else if (address) {
    frame.dataset.origin = origin;
    frame.src = address;
  }
}

window.addEventListener('message', async ({ source, origin, data }) => {
  if (source !== frame.contentWindow || origin !== frame.dataset.origin || data?.sidecard !== 1) return;
  switch (data.type) {
    case 'ready':
      is_ready = true;
      break;
    case 'resize':
      frame.style.height = `${data.height}px`;
      break;
    // The address was signed for a while only. A ticket that is still open gets a new one.
    case 'expired': {
      const id = current;
      const again = await ticket(id);
      if (again && current === id) show(again.card);
      break;
    }
  }
});

async function begin() {
  const query = new URLSearchParams(location.search);
  const width = query.get('width') ?? '';
  if (/^\d+$/.test(width)) document.body.style.setProperty('--side-width', `${width}px`);
  const { tickets } = await (await fetch('/tickets')).json();
  const list = document.getElementById('tickets');
  for (const { id, name, subject, received } of tickets) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.ticket = id;
    const parts = [['b', name], ['span', received, 'soft'], ['span', subject, 'about']];
    for (const [tag, text, named] of parts) {
      const part = document.createElement(tag);
      part.textContent = text;
      if (named) part.className = named;
      button.append(part);
    }
    button.addEventListener('click', () => open(id));
    list.append(button);
  }
  await open(query.get('ticket') ?? tickets[0].id);
}

begin();
