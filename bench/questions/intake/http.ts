/**
 * Question: how many single events per second does the product accept over HTTP, on 64 keep-alive connections: in the
 * distributed run (until Kafka has acknowledged) and in the standalone run (until the transaction has committed)?
 * Baseline: a bare Fastify route that parses and validates the same body and answers.
 *
 * Each server is a process of its own, and so is the client; all share the machine.
 */
import { startKafka } from '../../../test/support/kafka/server.ts';
import { startNode } from '../../../test/support/product/process.ts';
import { startService } from '../../../test/support/product/service.ts';
import { startProduct, temporaryFolder } from '../../../test/support/product/standalone.ts';
import { startClient } from '../../clients/client.ts';
import { type Answer, alternate, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';

const connections = 64;
/** Each takes a second or more. */
const requests = { bare: 40_000, distributed: 30_000, standalone: 4_000 };

async function http(): Promise<Answer[]> {
  await using stack = new AsyncDisposableStack();
  const bare = startNode(['bench/baselines/bare-route.ts']);
  stack.defer(async () => void (await bare.stop()));
  const [, bareUrl = ''] = await bare.waitForOutput(/listens on (\S+)/);
  const client = startClient();
  stack.defer(client.close);
  const perSecond = async (url: string, seed: string, count: number) => {
    const order = { url, seed, requests: count, eventsPerRequest: 1, connections };
    return (count / (await client.send(order))) * 1_000;
  };
  const compare = (url: string, name: keyof typeof requests) =>
    alternate(
      round => perSecond(url, `${name}-${round}`, requests[name]),
      round => perSecond(bareUrl, `${name}-${round}`, requests.bare),
    );

  const question = `single events over HTTP, ${connections} connections`;
  const answers: Answer[] = [];
  {
    await using distributed = new AsyncDisposableStack();
    const kafka = await startKafka();
    distributed.defer(() => kafka.stop());
    const collector = distributed.use(
      await startService('collector', { env: { KAFKA_BROKERS: kafka.brokers } }),
    );
    answers.push(
      answer(
        {
          question: `${question}, distributed, until Kafka has acknowledged`,
          unit: 'events/s',
          goal: { ratio: 'at least', of: 0.6 },
        },
        await compare(collector.url, 'distributed'),
      ),
    );
  }
  using folder = temporaryFolder();
  const standalone = stack.use(await startProduct({ dataDir: `${folder.path}/data` }));
  answers.push(
    answer(
      {
        question: `${question}, standalone on PGlite, until the transaction has committed`,
        unit: 'events/s',
        goal: { ratio: 'at least', of: 0.3 },
      },
      await compare(standalone.url, 'standalone'),
    ),
  );
  return answers;
}

report(await http());
