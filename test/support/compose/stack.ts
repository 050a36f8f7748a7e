import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { kafkaJars } from '../kafka/jars.ts';
import { startKafka } from '../kafka/server.ts';
import { freePort, type TestProcess, waitFor, watch } from '../product/process.ts';
import { type ComposeFile, readCompose } from './file.ts';
import { readImage, unpackImage } from './image.ts';
import { isOwnImage, type Locations, toLocal } from './locations.ts';
import { writeAlertmanagerFiles, writeAt, writePrometheusFiles } from './monitoring.ts';
import { kafkaSettingsOf, startComposePostgres } from './servers.ts';

/** One process of a service. */
export interface Replica {
  /** The URL of its web server, without a slash at the end. */
  readonly url: string;
  readonly process: TestProcess;
  /** Whether the health check of the service succeeds. */
  isHealthy(): Promise<boolean>;
}

/**
 * `docker-compose.yml` on this machine without containers, with the same commands, environments, secrets, health
 * checks and mounted files. Hosts become ports of 127.0.0.1, folders are in a temporary folder, and the project's
 * services run in a copy of the image's `/app`. Kafka and PostgreSQL are those of the tests, with the file's settings.
 */
export interface Stack extends AsyncDisposable {
  readonly file: ComposeFile;
  /** Sets the port of a service that the stack does not start. @param address in the file, such as `collector:8080` */
  setLocation(address: string, port: number): void;
  /** `127.0.0.1:port` of an address in the file. */
  locationOf(address: string): string | undefined;
  /** Runs a one-shot service and waits for its end. @throws {Error} when it fails */
  run(service: string): Promise<void>;
  /** Starts another replica of a service and waits until its health check succeeds. */
  start(service: string): Promise<Replica>;
  /** Starts the image's default command and waits until the health check succeeds. */
  startImage(env: Readonly<Record<string, string>>): Promise<Replica>;
  /** Whether the health check of a service succeeds. */
  isHealthy(service: string): Promise<boolean>;
}

interface Plan {
  /** The command of the file, with a program of this machine. */
  readonly command: Command;
  readonly env: Readonly<Record<string, string>>;
  readonly healthcheck: readonly string[];
  readonly url: string;
}

interface Command {
  /** The program and its first arguments on this machine. */
  readonly program: readonly string[];
  /** The arguments of the file, before {@link toLocal}. */
  readonly args: readonly string[];
}

/** Starts Kafka and PostgreSQL. @param env the variables, as the file `.env` would define them */
export async function startStack(env: Readonly<Record<string, string>>): Promise<Stack> {
  const file = readCompose(env);
  const image = readImage();
  const jars = await kafkaJars();
  const addresses = new Map<string, string>();
  const replicas = new Map<string, number[]>();
  const locations: Locations = { addresses, folder: mkdtempSync(join(tmpdir(), 'firstlight-compose-')) };
  const app = join(locations.folder, 'app');
  const stops: (() => Promise<unknown>)[] = [];
  const dispose = async () => {
    await Promise.all(stops.splice(0).map(stop => stop()));
    rmSync(locations.folder, { recursive: true, force: true });
  };

  const planOf = async (service: string): Promise<Plan> => {
    const { command = image.command, environment = {}, healthcheck } = file.services[service] ?? {};
    const isOwn = isOwnImage(file, service);
    const port = isOwn ? await freePort() : await portOfServer(service);
    if (isOwn) replicas.set(service, [...(replicas.get(service) ?? []), port]);
    if (service === 'prometheus') writePrometheusFiles(locations, replicas, ['grafana']);
    if (service === 'alertmanager') writeAlertmanagerFiles(locations);
    const url = `http://127.0.0.1:${port}`;
    const listen = url.slice('http://'.length);
    return {
      command: nativeCommand(service, command, listen),
      env: { ...(isOwn ? { ...image.environment, PORT: String(port) } : {}), ...environment },
      healthcheck: healthcheck?.test ?? image.healthcheck,
      url,
    };
  };
  const portOfServer = async (service: string): Promise<number> => {
    const address = `${service}:${serverPorts[service]}`;
    const known = addresses.get(address)?.split(':')[1];
    if (known !== undefined) return Number(known);
    const port = await freePort();
    addresses.set(address, `127.0.0.1:${port}`);
    return port;
  };
  const native = ({ program: [program = '', ...first], args }: Command, env: Plan['env']) => {
    const words = [...first, ...args.map(word => toLocal(locations, word))];
    const localEnv = Object.entries(env).map(([name, value]) => [name, toLocal(locations, value)]);
    const { PATH = '', HOME = '' } = process.env;
    return { program, words, options: { cwd: app, env: { PATH, HOME, ...Object.fromEntries(localEnv) } } };
  };
  const launch = (command: Command, env: Plan['env']): TestProcess => {
    const { program, words, options } = native(command, env);
    return watch(spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] }));
  };
  const isHealthy = async ({ healthcheck: [kind, name = '', ...args], env }: Plan): Promise<boolean> => {
    if (kind !== 'CMD') throw new Error(`a health check of the form ${kind} is not known here`);
    const { program, words, options } = native({ program: nativeProgram(name, jars), args }, env);
    try {
      await promisify(execFile)(program, words, options);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && typeof error.code === 'number') return false;
      throw error; // the health check could not be started
    }
  };
  const start = async (name: string, plan: Plan): Promise<Replica> => {
    const child = launch(plan.command, plan.env);
    stops.push(child.stop);
    let ended = false;
    void child.exited.then(() => {
      ended = true;
    });
    try {
      // Each check starts a process, so there are pauses: the service needs the processor to start.
      const check = async () => ended || (await isHealthy(plan)) || sleep(200, false);
      await waitFor(check, { what: 'health', deadlineMs: 60_000 });
    } catch (cause) {
      throw new Error(`${name} does not become healthy:\n${child.output()}`, { cause });
    }
    if (ended) throw new Error(`${name} ended:\n${child.output()}`);
    return { url: plan.url, process: child, isHealthy: () => isHealthy(plan) };
  };

  try {
    unpackImage(app, image);
    for (const [name, { environment }] of Object.entries(file.secrets))
      writeAt(locations, `/run/secrets/${name}`, env[environment] ?? '');
    for (const service of ['prometheus', 'alertmanager']) await portOfServer(service);
    const [kafka, postgres] = await Promise.allSettled([
      startKafka({ settings: kafkaSettingsOf(file) }),
      startComposePostgres(file),
    ]);
    for (const server of [kafka, postgres]) if (server.status === 'fulfilled') stops.push(server.value.stop);
    if (kafka.status === 'rejected') throw kafka.reason;
    if (postgres.status === 'rejected') throw postgres.reason;
    addresses.set('kafka:9092', kafka.value.brokers);
    addresses.set('postgres:5432', new URL(postgres.value.url).host);
  } catch (error) {
    await dispose();
    throw error;
  }

  return {
    file,
    setLocation: (address, port) => void addresses.set(address, `127.0.0.1:${port}`),
    locationOf: address => addresses.get(address),
    run: async service => {
      const { command, env: variables } = await planOf(service);
      const child = launch(command, variables);
      const { code } = await child.exited;
      if (code !== 0) throw new Error(`${service} ended with status ${code}:\n${child.output()}`);
    },
    start: async service => start(service, await planOf(service)),
    startImage: async variables => {
      const port = await freePort();
      return start('the image', {
        command: nativeCommand('', image.command, ''),
        env: { ...image.environment, PORT: String(port), ...variables },
        healthcheck: image.healthcheck,
        url: `http://127.0.0.1:${port}`,
      });
    },
    isHealthy: async service => isHealthy(await planOf(service)),
    [Symbol.asyncDispose]: dispose,
  };
}

/** The ports of third-party servers in their images, to which the file and its configurations refer. */
const serverPorts: Readonly<Record<string, number>> = {
  kafka: 9092,
  postgres: 5432,
  prometheus: 9090,
  alertmanager: 9093,
};

/** The command on this machine: with the image's entry point, which the file does not show, and with another port. */
function nativeCommand(service: string, command: readonly string[], listen: string): Command {
  const entryPoint = entryPoints[service];
  if (entryPoint) return { program: [entryPoint, `--web.listen-address=${listen}`], args: command };
  const [program = '', ...args] = command;
  return { program: nativeProgram(program, ''), args };
}

const entryPoints: Readonly<Record<string, string>> = {
  prometheus: 'prometheus',
  alertmanager: 'prometheus-alertmanager',
};

/** The words with which this machine runs a program of an image. */
function nativeProgram(program: string, jars: string): string[] {
  if (program === 'node') return [process.execPath];
  if (program === '/opt/kafka/bin/kafka-broker-api-versions.sh')
    return ['java', '-cp', join(jars, '*'), 'org.apache.kafka.tools.BrokerApiVersionsCommand'];
  return [program];
}
