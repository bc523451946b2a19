// Who runs which job, and how. Every one reads the same file and writes one file, both on the RAM disk.

import { fileURLToPath } from 'node:url'

export interface Contestant {
  readonly name: string
  /** Argument list; `LINESCOPE`, `INPUT`, `OUTPUT` and `STATE` stand for the paths. */
  readonly command: readonly string[]
  /** Standard output goes to `OUTPUT`. */
  readonly writesStdout: boolean
}

export interface Job {
  readonly name: string
  readonly summary: string
  readonly contestants: readonly Contestant[]
}

const jobFile = (name: string): string => fileURLToPath(new URL(`./jobs/${name}.yaml`, import.meta.url))

function linescope(name: string, job: string, ...extra: readonly string[]): Contestant {
  const command = [
    process.execPath,
    'LINESCOPE',
    'run',
    jobFile(job),
    '-i',
    'INPUT',
    '-o',
    'OUTPUT',
    '--exit',
    '--quiet'
  ]
  return { name, command: [...command, '--port', '0', '--state', 'STATE', ...extra], writesStdout: false }
}

function mawk(name: string, program: string): Contestant {
  return { name, command: ['mawk', program, 'INPUT'], writesStdout: true }
}

export const JOBS: readonly Job[] = [
  {
    name: 'route',
    summary: 'two `contains` rules, three steps that pass the line on unchanged, one file',
    contestants: [
      linescope('linescope --trace', 'route', '--trace'),
      linescope('linescope', 'route'),
      mawk('mawk', '/ERROR/ { print; next } /WARN/ { print; next } { print }')
    ]
  },
  {
    name: 'convert',
    summary: 'warnings in upper case, all else in snake case: every line is changed',
    contestants: [
      linescope('linescope --trace', 'convert', '--trace'),
      linescope('linescope', 'convert'),
      mawk(
        'mawk',
        `{ end = sub(/\\r$/, "") ? "\\r" : "" }
/WARN/ { print toupper($0) end; next }
{ gsub(/[^A-Za-z0-9]+/, "_"); sub(/^_/, ""); sub(/_$/, "")
  out = ""; rest = $0
  while (match(rest, /[a-z][A-Z]/)) { out = out substr(rest, 1, RSTART) "_"; rest = substr(rest, RSTART + 1) }
  print tolower(out rest) end }`
      )
    ]
  }
]
