// The YAML library's syntax errors in the words of this project, with what to do about the common ones.

import type { YAMLError } from 'yaml'

interface SyntaxProblem {
  readonly message: string
  readonly hint: string | undefined
}

/** `line` is the text of the line that the error is in. */
export function syntaxProblem(error: YAMLError, line: string): SyntaxProblem {
  if (error.code === 'TAB_AS_INDENT') {
    return { message: 'a tab is used to indent', hint: 'Use spaces.' }
  }
  if (error.code === 'RESOURCE_EXHAUSTION') {
    return { message: 'values are nested too deeply here', hint: undefined }
  }
  const message = `${error.message[0]?.toLowerCase() ?? ''}${error.message.slice(1).replace(/\.$/, '')}`
  return { message: message.replace('"quote', '"'), hint: hintFor(error.code, line) }
}

function hintFor(code: YAMLError['code'], line: string): string | undefined {
  const isInFlow = /[[{].*(?<!["'])\$\{/.test(line)
  if (isInFlow) return 'Between { } and [ ], put "${NAME}" in quotes.'
  switch (code) {
    case 'BAD_INDENT':
      return 'Keys of one map must begin in the same column.'
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'A value that contains ": " must be in quotes.'
    case 'BAD_SCALAR_START':
      return 'Put the value in quotes.'
    case 'MISSING_CHAR':
      return 'Look for a missing quote, bracket or colon.'
    default:
      return undefined
  }
}
