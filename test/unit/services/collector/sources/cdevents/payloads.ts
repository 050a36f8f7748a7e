/** CDEvents in the shapes of their specification. */

export interface CdEventFields {
  /** Subject and predicate: `service.deployed`. */
  readonly type: string;
  readonly subject?: string;
  readonly content?: Readonly<Record<string, unknown>>;
  readonly custom?: unknown;
  readonly id?: string;
  readonly time?: string;
  readonly chainId?: string;
  readonly version?: '0.3.0' | '0.4.1' | '0.5.1';
}

export const digest = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';
/** A package URL as in the specification, with an encoded colon in the version. */
export const purl = `pkg:oci/checkout@${digest.replace(':', '%3A')}`;
export const time = '2026-11-20T09:30:00.25Z';

export function cdEvent(fields: CdEventFields) {
  const { type, subject = 'checkout', content = {}, version = '0.5.1' } = fields;
  const [kind = ''] = type.split('.');
  return {
    context: {
      [version === '0.5.1' ? 'specversion' : 'version']: version,
      id: fields.id ?? 'b3a1c7de',
      source: '/ci/acme',
      type: `dev.cdevents.${type}.${version === '0.5.1' ? '0.3.0' : '0.2.0'}`,
      timestamp: fields.time ?? time,
      ...(fields.chainId !== undefined && { chainId: fields.chainId }),
      ...(version !== '0.3.0' && { links: [{ linkType: 'PATH', from: { contextId: 'a2' } }] }),
    },
    subject: {
      id: subject,
      source: '/ci/acme',
      ...(version !== '0.5.1' && { type: kind }),
      content,
    },
    ...(fields.custom !== undefined && {
      customData: fields.custom,
      customDataContentType: typeof fields.custom === 'string' ? 'text/xml' : 'application/json',
    }),
  };
}

export const production = { environment: { id: 'production', source: '/clusters/eu' } };
export const repository = { repository: { id: 'acme/checkout', source: 'https://github.com' } };

export const changeCreated: CdEventFields = {
  type: 'change.created',
  subject: '3f2a91c',
  content: { ...repository, description: 'Round the total up' },
};
export const changeMerged: CdEventFields = { type: 'change.merged', subject: '3f2a91c', content: repository };
export const packaged: CdEventFields = {
  type: 'artifact.packaged',
  subject: purl,
  content: {
    change: { id: '3f2a91c', source: 'github.com/acme/checkout' },
    sbom: { uri: 'https://sbom.acme' },
  },
};
export const deployed: CdEventFields = {
  type: 'service.deployed',
  content: { ...production, artifactId: purl },
};
export const upgraded: CdEventFields = { ...deployed, type: 'service.upgraded' };
export const rolledBack: CdEventFields = { ...deployed, type: 'service.rolledback' };

const incident = {
  subject: 'incident-7',
  content: {
    ...production,
    description: 'Answers take longer than 300 ms',
    service: { id: 'checkout', source: '/clusters/eu' },
    artifactId: purl,
  },
};
export const detected: CdEventFields = { type: 'incident.detected', ...incident };
export const reported: CdEventFields = {
  type: 'incident.reported',
  ...incident,
  content: { ...incident.content, ticketURI: 'https://tickets.acme/7' },
  custom: { severity: 'medium', priority: 'critical' },
};
export const resolved: CdEventFields = { type: 'incident.resolved', ...incident };

/** All other types of the specification. */
export const irrelevant: readonly string[] = [
  'artifact.deleted',
  'artifact.downloaded',
  'artifact.published',
  'artifact.signed',
  'branch.created',
  'branch.deleted',
  'build.finished',
  'build.queued',
  'build.started',
  'change.abandoned',
  'change.reviewed',
  'change.updated',
  'environment.created',
  'environment.deleted',
  'environment.modified',
  'pipelinerun.finished',
  'pipelinerun.queued',
  'pipelinerun.started',
  'repository.created',
  'repository.deleted',
  'repository.modified',
  'service.published',
  'service.removed',
  'taskrun.finished',
  'taskrun.started',
  'testcaserun.finished',
  'testcaserun.queued',
  'testcaserun.skipped',
  'testcaserun.started',
  'testoutput.published',
  'testsuiterun.finished',
  'testsuiterun.queued',
  'testsuiterun.started',
  'ticket.closed',
  'ticket.created',
  'ticket.updated',
  'approval.created',
];
