import { InvalidArgumentError, Option } from 'commander';
import { type EventType, eventSchema } from '../../domain/events/event.ts';

/** What the options need to know of a field: the part of its JSON Schema that they are made from. */
interface FieldSchema {
  readonly type: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly string[];
}

interface VariantSchema {
  readonly title: string;
  readonly properties: Readonly<Record<string, FieldSchema>>;
  readonly required: readonly string[];
}

/** A field of an event and the option that sets it. */
export interface FieldOption {
  readonly field: string;
  readonly option: Option;
}

/** Options that the command has for itself; a field of such a name is set with `--event-<name>`. */
const taken = new Set(['url', 'token', 'retries', 'timeout', 'json', 'help']);

/** What the command fills in where the option is absent. */
const filledIn: Readonly<Record<string, string>> = {
  time: 'now',
  id: 'a random UUID',
  source: 'firstlight-cli',
};

// The union's schema is typed as what it checks, not as what it is made of.
const { oneOf: variants } = eventSchema as unknown as { readonly oneOf: readonly VariantSchema[] };

/** One option for each field of that type of event, made from the schema, so that the schema stays the only list. */
export function fieldOptions(type: EventType): FieldOption[] {
  const variant = variants.find(({ title }) => title === type);
  if (variant === undefined) throw new TypeError(`${type} is no type of event`);
  return Object.entries(variant.properties)
    .filter(([field]) => field !== 'type')
    .map(([field, schema]) => ({
      field,
      option: optionOf(field, schema, variant.required.includes(field)),
    }));
}

function optionOf(field: string, schema: FieldSchema, required: boolean): Option {
  const flag = taken.has(field) ? `--event-${field}` : `--${field}`;
  const description = schema.description ?? '';
  const filling = filledIn[field];
  const notes = [
    filling === undefined ? description : description.replace(/absent: .*/, `absent: ${filling}`),
    ...(schema.enum === undefined ? [] : [`one of ${schema.enum.join(', ')}`]),
    ...(required ? ['required'] : []),
  ];
  const help = (...more: string[]) => [...notes, ...more].filter(note => note !== '').join('; ');
  if (schema.type === 'boolean') return new Option(flag, help());
  if (schema.type === 'number') return new Option(`${flag} <number>`, help()).argParser(parseNumber);
  if (schema.type === 'array')
    return new Option(`${flag} <text>`, help('repeat it for more')).argParser(appendTo);
  if (Array.isArray(schema.type))
    return new Option(`${flag} <text>`, help('repeat it for more')).argParser(appendOneOrMany);
  return new Option(`${flag} <text>`, help());
}

function parseNumber(text: string): number {
  if (!/^-?\d+(\.\d+)?$/.test(text))
    throw new InvalidArgumentError('It must be a number, such as 25 or 2.5.');
  return Number(text);
}

function appendTo(text: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), text];
}

function appendOneOrMany(text: string, previous: string | readonly string[] | undefined): string | string[] {
  return previous === undefined ? text : [...[previous].flat(), text];
}
