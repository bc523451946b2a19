// Reads documents as data: their code blocks with what a comment before each says of it, and their links.
//
//   <!-- file: examples/json-lines/pipeline.yaml -->   the block is this file; `part:` is a part of it
//   <!-- run: examples/json-lines -->                  the block is commands and what they print, run in a copy of it
//   <!-- answer: /trace?limit=1 -->                    the block is part of this answer after the first steps

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { ROOT } from '../../e2e/support/cli.ts'

export interface Block {
  /** `README.md:57`, for messages. */
  readonly place: string
  readonly language: string
  /** With its last line end. */
  readonly text: string
  /** Undefined for a block that nothing is said of. */
  readonly kind: string | undefined
  readonly argument: string
}

const BLOCK = /^(?:<!-- (\w+): ([^\n]*) -->\n+)?```(\w*)\n(.*?)^```$/gms

export function readDocument(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

export function blocksOf(path: string): Block[] {
  const text = readDocument(path)
  return [...text.matchAll(BLOCK)].map(match => {
    const [, kind, argument = '', language = '', body = ''] = match
    const line = text.slice(0, match.index).split('\n').length
    return { place: `${path}:${line}`, language, text: body, kind, argument }
  })
}

export interface Command {
  readonly command: string
  readonly output: string
}

/** Lines that begin with `$ ` are commands, also when they go on after a `\`; what follows is what they print. */
export function commandsOf({ text }: Block): Command[] {
  const parts = text.split(/^\$ /m).slice(1)
  return parts.map(part => {
    const [, command = '', output = ''] = /^((?:[^\n]*\\\n)*[^\n]*)\n(.*)$/s.exec(part) ?? []
    return { command, output }
  })
}

/** Targets of links and pictures that lie in the repository, as written. */
export function localLinksOf(path: string): string[] {
  const prose = readDocument(path).replace(BLOCK, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)]
    .map(([, link, source]) => link ?? source)
    .filter(link => !/^https?:/.test(link))
}
