import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../product/program.ts';

/** A certificate authority and the certificates that it has signed, as PEM files. */
export interface Certificates {
  readonly caFile: string;
  /** For 127.0.0.1 and localhost. */
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

/** Creates an authority with a server and a client certificate in `folder`; they are valid for two days. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  await mkdir(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  const issue = (name: string, ...more: readonly string[]) =>
    runProgram(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-days',
          '2',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
        ],
        ...['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`), '-subj', `/CN=firstlight ${name}`],
        ...more,
      ],
      { debianPackages: 'openssl' },
    );
  await issue('ca');
  const signed = ['-CA', file('ca.pem'), '-CAkey', file('ca.key')];
  const leaf = [...signed, '-addext', 'basicConstraints=critical,CA:FALSE'];
  await issue('server', ...leaf, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  await issue('client', ...leaf);
  return {
    caFile: file('ca.pem'),
    serverCertFile: file('server.pem'),
    serverKeyFile: file('server.key'),
    clientCertFile: file('client.pem'),
    clientKeyFile: file('client.key'),
  };
}
