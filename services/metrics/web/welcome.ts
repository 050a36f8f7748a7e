import { formatTime } from '../../../domain/events/time.ts';
import { documentHtml, escapeHtml } from './html.ts';

export interface WelcomeOptions {
  /** The address of this server, without a slash at the end: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Whether sending events needs a token. */
  readonly tokenNeeded: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The page before the first event: how to send events. */
export function welcomePage({ url, tokenNeeded, now }: WelcomeOptions): string {
  const header = tokenNeeded ? ` \\\n  -H "Authorization: Bearer $FIRSTLIGHT_TOKEN"` : '';
  const events = [
    { type: 'change_merged', service: 'checkout', change: '8f3c2a1', time: formatTime(now - 42 * 60_000) },
    { type: 'change_exposed', service: 'checkout', change: '8f3c2a1', weight: 5, strategy: 'canary' },
  ];
  const curl = `curl -sS ${url}/v1/events${header} \\
  -H 'Content-Type: application/json' \\
  -d '[${events.map(event => JSON.stringify(event)).join(',\n       ')}]'`;
  const server = url === 'http://127.0.0.1:8080' ? '' : ` --url ${url}`;
  return documentHtml(
    'Firstlight',
    `<header>
<p class="brand">Firstlight</p>
<h1>Nothing has been exposed yet</h1>
<p class="quiet">This page shows your delivery numbers as soon as the first events arrive. Three ways to send some:</p>
</header>
<main>
${tokenNeeded ? `<p>This server asks for a token: put it into <code>FIRSTLIGHT_TOKEN</code> first; <code>npx firstlight token create NAME</code> prints a new one.</p>\n${command('export FIRSTLIGHT_TOKEN=…')}` : ''}
<h2>A change that was merged and now serves 5 % of the traffic</h2>
${command(curl)}
<p>It answers <code>{"accepted":2}</code>; reload this page a second later.</p>
<h2>The history that you already have</h2>
<p>Commits become changes and release tags become rollouts; run it as often as you like.</p>
${command(`npx firstlight import git PATH${server}`)}
<h2>From a CI job or a shell</h2>
${command(`npx firstlight emit change_exposed --service checkout --change 8f3c2a1 --weight 100${server}`)}
</main>`,
  );
}

function command(text: string): string {
  return `<pre><code>${escapeHtml(text)}</code></pre>`;
}
