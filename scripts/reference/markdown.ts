// Small pieces of Markdown.

export interface Option {
  readonly name: string
  readonly type: string
  readonly default: string
  readonly description: string
}

export function optionTable(options: readonly Option[]): string {
  const rows = options.map(option => [`\`${option.name}\``, option.type, option.default, option.description])
  return table(['option', 'value', 'default', 'what it does'], rows)
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

export function code(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``
}

/** Only what a table cell would take for its own end. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
