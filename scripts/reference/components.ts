// docs/processors.md and docs/connectors.md, from the definitions of the built-ins.

import { stringify } from 'yaml'

import { builtins } from '../../src/builtins.ts'
import type { LineValue, ProcessorDefinition, SinkDefinition, SourceDefinition } from '../../src/sdk/index.ts'
import { runProcessor } from '../../src/testing/index.ts'
import { EXAMPLES } from './examples.ts'
import { code, optionTable, table } from './markdown.ts'
import { optionsOf } from './options.ts'

const NOTE = '<!-- Made from the definitions of the built-ins by `npm run docs`. Change those, then run it. -->'

export async function processorsPage(): Promise<string> {
  const definitions = [...builtins.processors.values()]
  const sections: string[] = []
  for (const definition of definitions) sections.push(await processorSection(definition))
  return page([
    '# Built-in processors',
    NOTE,
    'Each is a key of a processor in a pipeline file; its options are the value of that key, `{}` for none.\n' +
      '[pipeline.md](pipeline.md) tells the [keys of every processor](pipeline.md#keys-of-every-processor) (`to`, ' +
      '`retry`, …) and\n[how conditions, durations and sizes are written](pipeline.md#how-values-are-written).',
    code('yaml', 'processors:\n  general: { snakecase: {}, to: end }'),
    table(
      ['name', 'what it does'],
      definitions.map(({ name, summary }) => [`[${name}](#${name})`, summary])
    ),
    ...sections
  ])
}

export function connectorsPage(): string {
  return page([
    '# Sources and sinks',
    NOTE,
    code('yaml', 'source: { file: { path: access.log } }\nsinks:\n  end: { file: { path: out.log } }'),
    '## Sources',
    'A pipeline has one source; `--input` replaces it, and a pipeline without one needs `--input`.',
    ...[...builtins.sources.values()].map(definition => connectorSection('Source', definition)),
    '## Sinks',
    'Each sink has a name, under which processors send lines to it.',
    ...[...builtins.sinks.values()].map(definition => connectorSection('Sink', definition))
  ])
}

async function processorSection(definition: ProcessorDefinition): Promise<string> {
  const { name, summary, options, accepts = 'text', emits } = definition
  const takes = { text: 'text', record: 'records', any: 'text and records' }[accepts as 'text' | 'record' | 'any']
  const goes = emits === undefined ? 'its lines go where `to` says' : 'its rules say where lines go'
  return section([
    `## ${name}`,
    summary,
    `Takes ${takes}; ${goes}.`,
    options === undefined ? 'No options.' : optionTable(optionsOf(options)),
    await exampleOf(definition)
  ])
}

function connectorSection(kind: string, { name, summary, options }: SourceDefinition | SinkDefinition): string {
  const told = optionsOf(options)
  return section([`### ${kind} \`${name}\``, summary, told.length === 0 ? 'No options.' : optionTable(told)])
}

async function exampleOf(definition: ProcessorDefinition): Promise<string> {
  const example = EXAMPLES[definition.name]
  if (example === undefined) throw new Error(`scripts/reference/examples.ts has none for ${definition.name}`)
  const { options = {}, lines } = example
  const yaml = stringify({ [definition.name]: options }, { flowCollectionPadding: true, lineWidth: 0 })
  const rows: string[][] = []
  for (const line of lines) rows.push([shown(line), await resultOf(definition, line, example.options)])
  return `${code('yaml', yaml)}\n\n${table(['line', 'becomes'], rows)}`
}

async function resultOf(definition: ProcessorDefinition, line: LineValue, options: unknown): Promise<string> {
  const { emissions, drops, errors } = await runProcessor(definition, [line], options === undefined ? {} : { options })
  return [
    ...emissions.map(({ tag, value }) =>
      tag === undefined ? shown(value) : `${shown(value)} under the tag \`${tag}\``
    ),
    ...drops.map(({ reason }) => `dropped, reason \`${reason}\``),
    ...errors.map(({ message }) => `error: ${message}`)
  ].join(', ')
}

/** Text as it is, between signs that show where it begins and ends; a record as JSON. */
function shown(value: LineValue): string {
  return typeof value === 'string' ? `\`${value.replaceAll('\t', '→')}\`` : `record \`${JSON.stringify(value)}\``
}

const section = (parts: readonly string[]): string => parts.join('\n\n')
const page = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`
