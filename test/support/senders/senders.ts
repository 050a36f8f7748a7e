import { formatTime } from '../../../domain/events/time.ts';
import type { WholeEvent } from '../histories/shown.ts';
import { waitFor } from '../product/process.ts';
import type { Product } from '../product/standalone.ts';

const minute = 60_000;
const services = ['checkout', 'search', 'payments'];

/** Connections that send events without a pause, and record which were answered with 202. */
export class Senders {
  readonly accepted: WholeEvent[] = [];
  /** Sent, but never answered with 202: they may be stored or not. */
  readonly unanswered: WholeEvent[] = [];
  readonly #began = Date.now();
  #next = 0;

  get sent(): WholeEvent[] {
    return [...this.accepted, ...this.unanswered];
  }

  /**
   * Sends over several connections until `until` events of this call were accepted, then calls `act` while all
   * connections continue. Resolves when the last connection has ended.
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

  /** Sends single events on one connection, and batches of growing size on the others, until the server is gone. */
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
        if (status !== 503) throw new Error(`a valid batch was answered with ${status}`);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // fetch throws a TypeError if the connection is lost
        this.unanswered.push(...batch);
      }
      return;
    }
  }

  /** The events of a change in turn: merged, exposed to a share, exposed to all, sometimes rolled back. */
  #event(): WholeEvent {
    const n = this.#next++;
    const change = `c${Math.floor(n / 4)}`;
    const service = services[Math.floor(n / 4) % services.length] ?? '';
    // Between four and two days ago, inside all windows.
    const at = this.#began - 4 * 1_440 * minute + (n % 2_880) * minute;
    const common = { id: `e${n}`, source: 'senders', time: formatTime(at), service, change };
    switch (n % 4) {
      case 0:
        return { ...common, type: 'change_merged' };
      case 1:
        return { ...common, type: 'change_exposed', weight: 5, strategy: 'canary' };
      case 2:
        return { ...common, type: 'change_exposed', weight: 100 };
      default:
        return n % 3 === 0
          ? { ...common, type: 'change_rolled_back' }
          : { ...common, type: 'change_created' };
    }
  }
}
