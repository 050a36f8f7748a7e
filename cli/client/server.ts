/** A Firstlight server, and how long and how often to try to reach it. */
export interface Server {
  readonly url: URL;
  readonly token: string | undefined;
  /** Attempts after the first one. */
  readonly retries: number;
  /** Timeout of each attempt. */
  readonly timeoutMs: number;
}

/** `path` below the server's URL, whose own path is kept. */
export function endpoint(url: URL, path: string): URL {
  return new URL(path, url.href.endsWith('/') ? url : `${url.href}/`);
}
