import { formatTime } from '../../../domain/events/time.ts';
import type { WholeEvent } from '../histories/shown.ts';
import { waitFor } from '../product/process.ts';
import type { Product } from '../product/standalone.ts';

const minute = 60_000;
const services = ['checkout', 'search', 'payments'];

/** Connections that send events without a pause, and remember which of them were answered with 202. */
export class Senders {
  readonly accepted: WholeEvent[] = [];
  /** Sent, and never answered with 202: they may be stored or not. */
  readonly unanswered: WholeEvent[] = [];
  readonly #began = Date.now();
  #next = 0;

  get sent(): WholeEvent[] {
    return [...this.accepted, ...this.unanswered];
  }

  /**
   * Sends over several connections until `until` events of this call were accepted, then calls `act` with all
   * connections still sending; resolves when the last of them has met its end.
   */
  async send(product: Product, until: number, act: () => Promise<void>): Promise<void> {
    const wanted = this.accepted.length + until;
    const connections = Array.from({ length: 4 }, (_, index) => this.#sendOn(product, index));
    await waitFor(() => this.accepted.length >= wanted, { what: `${until} accepted events` });
    await act();
    await Promise.all(connections);
  }

  /** The next events, for a test that sends them itself. */
  next(count: number): WholeEvent[] {
    return Array.from({ length: count }, () => this.#event());
  }

  /** Single events on one connection, batches of growing size on the others, until the server is gone. */
  async #sendOn(product: Product, connection: number): Promise<void> {
    for (let turn = 0; ; turn++) {
      const size = connection === 0 ? 1 : 1 + ((turn * 7) % 40);
      const batch = this.next(size);
      try {
        const { status } = await product.post(batch);
        if (status === 202) {
          this.accepted.push(...batch);
          continue;
        }
        this.unanswered.push(...batch);
        if (status !== 503) throw new Error(`a good batch was answered with ${status}`);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // fetch says so when the connection was lost
        this.unanswered.push(...batch);
      }
      return;
    }
  }

  /** One of the events of a change's life, in turn: merged, exposed to a share, to all, rolled back now and then. */
  #event(): WholeEvent {
    const n = this.#next++;
    const change = `c${Math.floor(n / 4)}`;
    const service = services[Math.floor(n / 4) % services.length] ?? '';
    // Between four and two days ago, away from the edges of the windows.
    const at = this.#began - 4 * 1_440 * minute + (n % 2_880) * minute;
    const of = { id: `e${n}`, source: 'senders', time: formatTime(at), service, change };
    switch (n % 4) {
      case 0:
        return { ...of, type: 'change_merged' };
      case 1:
        return { ...of, type: 'change_exposed', weight: 5, strategy: 'canary' };
      case 2:
        return { ...of, type: 'change_exposed', weight: 100 };
      default:
        return n % 3 === 0 ? { ...of, type: 'change_rolled_back' } : { ...of, type: 'change_created' };
    }
  }
}
