import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type TestProcess, waitFor, watch } from '../product/process.ts';
import { runProgram } from '../product/program.ts';
import { classArchive } from './class-archive.ts';
import { javaPackages, kafkaJars } from './jars.ts';
import { kafkaAnswers } from './topic.ts';

/** An Apache Kafka of one node (KRaft: broker and controller in one process) on 127.0.0.1 with its own data. */
export interface KafkaServer {
  /** `127.0.0.1:port`, without TLS or passwords. */
  readonly brokers: string;
  /** Kills the server at once. The data stays. */
  crash(): Promise<void>;
  /** Stops the server gracefully. The data stays. */
  stopGracefully(): Promise<void>;
  /** Starts the stopped server again on the same ports and data. Resolves when it accepts messages. */
  restart(): Promise<void>;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

/** An additional listener. */
export interface Listener {
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  readonly port: number;
  /** The port that Kafka tells its clients, if it is another one. */
  readonly advertisedPort?: number;
}

/** Kafka's settings by name. */
export type KafkaSettings = Readonly<Record<string, string | number | boolean>>;

export interface KafkaOptions {
  /** Additional listeners by name, which has capital letters only. */
  readonly listeners?: Readonly<Record<string, Listener>>;
  readonly settings?: KafkaSettings;
  /** SCRAM users in the format of `StorageTool format --add-scram`. */
  readonly scramUsers?: readonly string[];
}

// One compiler level and one garbage collector thread: the server runs for minutes, on two cores at most.
const javaOptions = [
  ...['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'],
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

/** Starts a Kafka without topics, which does not create any itself. Takes about two seconds; a restart after a crash, four. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  const jars = await kafkaJars();
  const port = await freePort();
  const controllerPort = await freePort();
  const brokers = `127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'firstlight-kafka-'));
  const file = join(folder, 'server.properties');
  const archive = classArchive(jars, folder);
  const java = [...javaOptions, ...archive.read, '-cp', join(jars, '*')];
  let server: TestProcess | undefined;

  const start = async (settings: KafkaSettings = {}) => {
    const overrides = Object.entries(settings).flatMap(([name, value]) => ['--override', `${name}=${value}`]);
    const args = [...archive.write, ...java, 'kafka.Kafka', file, ...overrides];
    const child = watch(spawn('java', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }));
    server = child;
    let ended = false;
    void child.exited.then(() => {
      ended = true;
    });
    try {
      await waitFor(async () => ended || (await kafkaAnswers(brokers)), {
        what: `Kafka on port ${port}`,
        deadlineMs: 60_000,
      });
    } catch (error) {
      throw new Error(`Kafka does not answer:\n${child.output()}`, { cause: error });
    }
    if (ended) throw new Error(`Kafka did not start:\n${child.output()}`);
  };
  const end = async (signal: NodeJS.Signals) => {
    server?.kill(signal);
    await server?.exited;
  };
  const removeData = () => rm(folder, { recursive: true, force: true });

  try {
    const listeners = { PLAIN: { protocol: 'PLAINTEXT', port } as const, ...options.listeners };
    const settings = {
      ...baseSettings(join(folder, 'data'), controllerPort, listeners),
      ...options.settings,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(file, lines.join(''));
    const scram = (options.scramUsers ?? []).flatMap(user => ['--add-scram', user]);
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file, ...scram];
    await runProgram('java', [...java, ...format], { debianPackages: javaPackages });
    await start();
  } catch (error) {
    await end('SIGKILL');
    await removeData();
    throw error;
  }

  return {
    brokers,
    crash: () => end('SIGKILL'),
    stopGracefully: () => end('SIGTERM'),
    // The controller refuses a restarted broker until its previous session has timed out, after 9 s by default.
    restart: () => start({ 'broker.session.timeout.ms': 2_000, 'broker.heartbeat.interval.ms': 500 }),
    stop: async () => {
      await end(archive.write.length > 0 ? 'SIGTERM' : 'SIGKILL');
      await archive.keep();
      await removeData();
    },
  };
}

/** Any 16 bytes in base64url. All servers may share them, because each has its own folder. */
const clusterId = 'Zmlyc3RsaWdodHRlc3RzIQ';

function baseSettings(
  data: string,
  controllerPort: number,
  listeners: Readonly<Record<string, Listener>>,
): KafkaSettings {
  const each = (print: (name: string, listener: Listener) => string) =>
    Object.entries(listeners).map(([name, listener]) => print(name, listener));
  const controller = `CONTROLLER://127.0.0.1:${controllerPort}`;
  return {
    'node.id': 1,
    'process.roles': 'broker,controller',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    listeners: [...each((name, { port }) => `${name}://127.0.0.1:${port}`), controller].join(),
    'advertised.listeners': each(
      (name, { port, advertisedPort = port }) => `${name}://127.0.0.1:${advertisedPort}`,
    ).join(),
    'listener.security.protocol.map': [
      ...each((name, { protocol }) => `${name}:${protocol}`),
      'CONTROLLER:PLAINTEXT',
    ].join(),
    'log.dirs': data,
    // Messages with old timestamps are kept.
    'log.retention.ms': -1,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    // Kafka allocates this buffer at the start, with 128 MB by default.
    'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
  };
}
