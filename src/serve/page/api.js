/** Requests to the service, and the token of this tab. */
export const token = {
  get: () => sessionStorage.getItem('settle.token') ?? '',
  set: (value) =>
    value === '' ? sessionStorage.removeItem('settle.token') : sessionStorage.setItem('settle.token', value),
};

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

function headers() {
  return token.get() === '' ? {} : { authorization: `Bearer ${token.get()}` };
}

async function answer(response) {
  const value = await response.json();
  if (!response.ok) throw new Error([value.detail, value.hint].filter(Boolean).join(' — '));
  return value;
}
