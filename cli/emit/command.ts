import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { type EventType, eventTypes } from '../../domain/events/event.ts';
import { formatTime } from '../../domain/events/time.ts';
import { faultsOf } from '../../domain/events/validate.ts';
import { exitStatus, exitStatusHelp, Failure } from '../client/failure.ts';
import { postEvents } from '../client/post-events.ts';
import { type ServerOptions, serverOf, withServerOptions } from '../client/server-options.ts';
import { type FieldOption, fieldOptions } from './event-options.ts';

const summaries: Readonly<Record<EventType, string>> = {
  change_created: 'a pull request was opened',
  change_merged: 'it was merged',
  change_exposed: 'the change serves real traffic, at --weight percent',
  change_rolled_back: 'the abort fired, traffic went back',
  incident_detected: 'first error alert of an SLO breach',
  incident_resolved: 'the SLO is healthy again',
  flag_changed: "a flag's rule or rollout share was changed",
};

/** `firstlight emit <type>`: sends one event from a shell or a CI job. */
export function addEmit(program: Command): void {
  const emit = program.command('emit').description('send one event').addHelpText('after', exitStatusHelp);
  for (const type of eventTypes) addType(emit, type);
}

function addType(emit: Command, type: EventType): void {
  const fields = fieldOptions(type);
  const command = emit.command(type).summary(summaries[type]).description(`${type}: ${summaries[type]}`);
  for (const { option } of fields) command.addOption(option);
  withServerOptions(command)
    .option('--json', 'print the event that was sent, as JSON')
    .addHelpText('after', exitStatusHelp)
    .action(async (options: ServerOptions & { json?: boolean } & Record<string, unknown>) => {
      const event = eventFrom(type, fields, options, new Date());
      const faults = faultsOf(event);
      if (faults.length > 0)
        throw new Failure(
          [
            `Not a valid ${type}; nothing was sent:`,
            ...faults.map(({ field, detail }) => `  ${field === '' ? '' : `${field} `}${detail}`),
          ].join('\n'),
          exitStatus.usage,
        );
      await postEvents(serverOf(options), JSON.stringify(event), 'application/json');
      console.log(options.json ? JSON.stringify(event) : `accepted ${type} ${event['id']}`);
    });
}

/**
 * Makes the event of the options. Its id and time are set before the first attempt, so that every attempt sends the
 * same event.
 */
export function eventFrom(
  type: EventType,
  fields: readonly FieldOption[],
  options: Readonly<Record<string, unknown>>,
  now: Date,
): Record<string, unknown> {
  const entries = fields.flatMap(({ field, option }) => {
    const value = options[option.attributeName()];
    return value === undefined ? [] : [[field, value] as const];
  });
  return {
    type,
    time: formatTime(now.getTime()),
    id: randomUUID(),
    source: 'firstlight-cli',
    ...Object.fromEntries(entries),
  };
}
