/** Requests to the service, and the token of this tab. */
export const token = {
  get: () => sessionStorage.getItem('settle.token') ?? '',
  set: (value) =>
    value === '' ? sessionStorage.removeItem('settle.token') : sessionStorage.setItem('settle.token', value),
};

/** Between two tries to listen again. */
const AGAIN_MS = [1_000, 2_000, 5_000, 10_000];

/** The JSON at a path below /api/v1. Rejects with the detail of the problem. */
export async function get(path) {
  return await answer(await fetch(`/api/v1${path}`, { headers: headers() }));
}

export async function post(path, body) {
  const options = {
    method: 'POST',
    headers: { ...headers(), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  return await answer(await fetch(`/api/v1${path}`, options));
}

/**
 * Server-sent events until `signal` aborts, with the token, which EventSource cannot send. `on` is told `open`, `lost`
 * (and listens again), and each event by its name and data.
 */
export async function listen(path, on, signal) {
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      const response = await fetch(`/api/v1${path}`, { headers: headers(), signal });
      if (!response.ok) throw new Error(String(response.status));
      on('open');
      tries = 0;
      await readEvents(response.body, on);
    } catch {
      // Whatever the reason: it is tried again.
    }
    if (signal.aborted) return;
    on('lost');
    await new Promise((resolve) => {
      setTimeout(resolve, AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]);
    });
  }
}

async function readEvents(body, on) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ''; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + value).split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      const name = /^event: (.*)$/m.exec(block)?.[1];
      if (name !== undefined) on(name, /^data: (.*)$/m.exec(block)?.[1]);
    }
  }
}

function headers() {
  return token.get() === '' ? {} : { authorization: `Bearer ${token.get()}` };
}

async function answer(response) {
  const value = await response.json();
  if (!response.ok) {
    const error = new Error([value.detail, value.hint].filter(Boolean).join(' — '));
    throw Object.assign(error, { status: response.status });
  }
  return value;
}
