// The one way to the server: JSON in and out, refusals as sentences.

import { heard, t } from "./words.js";

const csrf = document.querySelector("meta[name=csrf]").content;

export class Refused extends Error {}

export async function call(method, path, body, options = {}) {
  const headers = { "X-CSRFToken": csrf };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(`/api${path}`, {
    method, headers, credentials: "same-origin", cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body), ...options,
  });
  if (answer.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    throw new Refused(t`Log in again.`);
  }
  if (!answer.ok) throw new Refused(await sentence(answer));
  return answer;
}

export const get = async (path, options) => (await call("GET", path, undefined, options)).json();
export const post = async (path, body) => {
  const answer = await call("POST", path, body);
  return answer.status === 204 ? null : answer.json();
};

async function sentence(answer) {
  try {
    const { detail } = await answer.json();
    return typeof detail === "string" ? heard(detail) : t`not understood: ${detail.map((one) => one.msg).join("; ")}`;
  } catch {
    return t`the server answered ${answer.status}`;
  }
}
