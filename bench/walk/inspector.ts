import { once } from 'node:events';

/** A function of a script, with the ranges in which V8 counted. */
export interface FunctionCoverage {
  readonly functionName: string;
  /** Offsets in UTF-16 units; the first range is the whole function. */
  readonly ranges: readonly {
    readonly startOffset: number;
    readonly endOffset: number;
    readonly count: number;
  }[];
}

/** What ran of a script since the previous {@link Inspector.takeCoverage}. */
export interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly FunctionCoverage[];
}

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/**
 * A connection to a Node process that was started with `--inspect`.
 * @see https://chromedevtools.github.io/devtools-protocol/v8/Profiler/
 */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const reply = JSON.parse(String(data)) as Reply;
      if (reply.id === undefined) return;
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
  }

  /** @param url as the process prints it: `ws://127.0.0.1:9229/…` */
  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new Inspector(socket);
  }

  /** From now on V8 counts every call. */
  async startCoverage(): Promise<void> {
    await this.#call('Profiler.enable');
    await this.#call('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** What ran since the previous call, which also sets the counts back to 0. */
  async takeCoverage(): Promise<readonly ScriptCoverage[]> {
    const { result } = (await this.#call('Profiler.takePreciseCoverage')) as { result: ScriptCoverage[] };
    return result;
  }

  close(): void {
    this.#socket.close();
  }

  #call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#sent;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result);
      });
    });
  }
}
