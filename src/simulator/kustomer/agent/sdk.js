// A stand-in for Kustomer's Cards SDK, with the documented functions that cards use. It speaks with the agents' page of
// the same simulator, and binds itself to the page that the address names, as the real one does.
'use strict';

(() => {
  const query = new URLSearchParams(location.search);
  const id = query.get('id');
  const parentUrl = query.get('parentUrl');
  // Without the two, there is nobody to speak with.
  const origin = parentUrl ? new URL(parentUrl).origin : null;
  const listeners = new Map();
  const waiting = new Map();
  let begin = null;
  let number = 0;

  function send(message) {
    if (origin && id) window.parent.postMessage({ ...message, card: id }, origin);
  }

  function ask(message) {
    number += 1;
    const own = number;
    return new Promise((resolve, reject) => {
      waiting.set(own, { resolve, reject });
      send({ ...message, number: own });
    });
  }

  window.addEventListener('message', ({ source, origin: from, data }) => {
    if (source !== window.parent || from !== origin || data?.card !== id) return;
    switch (data.kind) {
      case 'initialized':
        begin?.(data.context, data.config);
        break;
      case 'context':
        for (const listener of listeners.get('context') ?? []) listener(data.context);
        break;
      case 'done': {
        const { resolve, reject } = waiting.get(data.number) ?? {};
        waiting.delete(data.number);
        if (data.ok) resolve?.(data.value);
        else reject?.(data.value);
        break;
      }
    }
  });

  window.Kustomer = {
    initialize(callback) {
      begin = callback;
      send({ kind: 'initialize' });
    },
    on(event, callback) {
      listeners.set(event, [...(listeners.get(event) ?? []), callback]);
    },
    request(options, callback) {
      const asked = ask({ kind: 'request', options });
      if (!callback) return asked;
      asked.then((data) => callback(null, data), (error) => callback(error));
      return undefined;
    },
    command: {
      run: (name, options) => ask({ kind: 'command', name, options }),
    },
    resize: (size) => send({ kind: 'resize', height: size?.height ?? `${document.documentElement.scrollHeight}px` }),
    open: () => send({ kind: 'open' }),
    close: () => send({ kind: 'close' }),
    handleTriggerToast: ({ message }) => send({ kind: 'toast', message }),
  };
})();
