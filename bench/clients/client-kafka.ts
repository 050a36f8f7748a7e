/** Writes events to Kafka from a process of its own, with a plain kafkajs producer. */
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { messageOf } from '../../domain/events/message.ts';
import { batches, identified } from '../traffic/traffic.ts';
import { carryOutOrders, eventsOf } from './order.ts';

const [, , brokers = '', topic = ''] = process.argv;
const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.ERROR });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
await producer.connect();
process.once('disconnect', () => void producer.disconnect());

carryOutOrders(async order => {
  const groups = batches(identified(eventsOf(order)), order.eventsPerRequest);
  const requests = [...groups].map(group => group.map(each => ({ ...messageOf(each) })));
  const left = requests.values();
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: order.connections }, async () => {
      for (const messages of left) await producer.send({ topic, messages, acks: -1 });
    }),
  );
  return performance.now() - startedAt;
});
