import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { missingEntries } from '../../scripts/complete-lock.ts'

describe('the lock file', () => {
  test('gets an entry for each platform package that npm left out', () => {
    const lock = {
      packages: {
        'node_modules/tool': {
          version: '1.2.3',
          dev: true as const,
          optionalDependencies: {
            '@tool/binding-linux-x64-gnu': '1.2.3',
            '@tool/binding-linux-arm64-musl': '1.2.3',
            '@tool/binding-win32-x64-msvc': '1.2.3'
          }
        },
        'node_modules/@tool/binding-linux-x64-gnu': { version: '1.2.3' }
      }
    }

    assert.deepEqual(missingEntries(lock), {
      'node_modules/@tool/binding-linux-arm64-musl': {
        version: '1.2.3',
        cpu: ['arm64'],
        dev: true,
        libc: ['musl'],
        optional: true,
        os: ['linux']
      },
      'node_modules/@tool/binding-win32-x64-msvc': {
        version: '1.2.3',
        cpu: ['x64'],
        dev: true,
        optional: true,
        os: ['win32']
      }
    })
  })

  test('is left alone where nothing is missing or the version is a range', () => {
    const tool = { version: '1.2.3', optionalDependencies: { '@tool/linux-x64': '^1.0.0', fast: '2.0.0' } }

    assert.deepEqual(missingEntries({ packages: { 'node_modules/tool': tool } }), {})
  })
})
