// The CEL environment of `when:`: its variables, and arithmetic on mixed numbers.
//
// JSON knows one kind of number, CEL three. A number of a record is a double, so without these operators
// `line.bytes / 2 > 100` would be an error.

import { Environment } from '@marcbachmann/cel-js'
import type { UnsignedInt } from '@marcbachmann/cel-js/evaluator'

export const VARIABLES = {
  line: { type: 'dyn', description: 'The line: text, or a record with fields (line.status).' },
  source: { type: 'string', description: 'Name of the source: the path as it was given, or stdin.' },
  file: { type: 'string', description: 'Absolute path of the file that the line comes from; "" when it is no file.' },
  line_number: { type: 'int', description: 'Number of the line in its source, from 1.' },
  tag: { type: 'string', description: 'Tag under which the line came here.' }
} as const

// Deeper trees would meet the end of the stack before the limit of the library.
const MAX_NODES = 5000

type CelNumber = number | bigint | UnsignedInt

const MAX_INT = 2n ** 63n - 1n
const MIN_INT = -(2n ** 63n)

function createEnvironment(): Environment {
  const created = new Environment({
    // Lists and maps of JSON hold values of any types.
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: MAX_NODES }
  })
  for (const [name, { type, description }] of Object.entries(VARIABLES)) {
    created.registerVariable(name, { type, description })
  }
  const mixed = [
    ['double', 'int'],
    ['int', 'double'],
    ['double', 'uint'],
    ['uint', 'double']
  ]
  for (const [left, right] of mixed) {
    for (const [operator, compute] of Object.entries(DOUBLE_ARITHMETIC)) {
      created.registerOperator(`${left} ${operator} ${right}: double`, (a: CelNumber, b: CelNumber) =>
        compute(Number(a), Number(b))
      )
    }
  }
  // CEL has no remainder of doubles, but `line.id % 10.0` and `line.a % line.b` can mean only this.
  created.registerOperator('double % double: double', (a: number, b: number) => a % b)
  for (const [operator, compute] of Object.entries(INT_ARITHMETIC)) {
    const checked = (a: CelNumber, b: CelNumber) => verifyInt(compute(BigInt(a.valueOf()), BigInt(b.valueOf())))
    created.registerOperator(`int ${operator} uint: int`, checked)
    created.registerOperator(`uint ${operator} int: int`, checked)
  }
  // The other direction and `!=` come with each.
  for (const [left, right] of [
    ['int', 'double'],
    ['uint', 'double'],
    ['int', 'uint']
  ]) {
    // biome-ignore lint/suspicious/noDoubleEquals: between number and bigint it compares the values, rounding neither.
    created.registerOperator(`${left} == ${right}: bool`, (a: CelNumber, b: CelNumber) => a.valueOf() == b.valueOf())
  }
  return created
}

const DOUBLE_ARITHMETIC: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b
}

const INT_ARITHMETIC: Record<string, (a: bigint, b: bigint) => bigint> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b
}

function verifyInt(value: bigint): bigint {
  if (value <= MAX_INT && value >= MIN_INT) return value
  throw new RangeError(`integer overflow: ${value}`)
}

export const environment = createEnvironment()
