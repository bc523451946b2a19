// The commands of `linescope dlq`.

import type { Command } from 'commander'

import { discardCommand } from './discard.ts'
import { exportCommand } from './export.ts'
import { grepCommand } from './grep.ts'
import { lsCommand } from './ls.ts'
import { showCommand } from './show.ts'
import { statsCommand } from './stats.ts'

export function dlqCommands(): Command[] {
  return [lsCommand(), showCommand(), grepCommand(), statsCommand(), exportCommand(), discardCommand()]
}
