import type { FastifyInstance } from 'fastify';

const words = 'Sample data: an invented company, made by npm run demo.';

const banner =
  '<p role="note" style="margin:0 0 .5rem;max-width:none;padding:.5rem 1rem;text-align:center;font-weight:600;background:#ffd54a;color:#1d1a10">' +
  `${words}</p>`;

/**
 * Adds a banner to every page of this scope while the store holds the demo, so that no screenshot of the demo passes
 * for a real company.
 * @param askIsDemo whether the store holds the demo; called until it has answered once
 */
export function addDemoBanner(scope: FastifyInstance, askIsDemo: () => Promise<boolean>): void {
  let known: boolean | null = null;
  const isDemo = async () => {
    known ??= await askIsDemo().catch(() => null); // the database is away: asked again with the next page
    return known ?? false;
  };
  scope.addHook('onSend', async (_request, reply, payload) => {
    const type = String(reply.getHeader('content-type') ?? '');
    const addBanner = banners.find(([prefix]) => type.startsWith(prefix))?.[1];
    const text = typeof payload === 'string' ? payload : Buffer.isBuffer(payload) ? payload.toString() : null;
    if (addBanner === undefined || text === null || !(await isDemo())) return payload;
    reply.removeHeader('content-length'); // Fastify computes it again
    return addBanner(text);
  });
}

/** A page with the banner above everything else, and in the title of its tab. */
export function withDemoBanner(html: string): string {
  return html.replace('<title>', '<title>Sample: ').replace(/<body[^>]*>/, body => `${body}\n${banner}`);
}

const banners: readonly (readonly [type: string, addBanner: (text: string) => string])[] = [
  ['text/html', withDemoBanner],
  ['text/markdown', markdown => `> **${words}**\n\n${markdown}`],
];
