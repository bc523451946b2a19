import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { MUTANTS } from './follow-mutants-fixtures.ts'
import { playRecipe } from './follow-play-fixtures.ts'
import { RECIPES } from './follow-recipes-fixtures.ts'

// All of them, many times, in follow.long.test.ts.
const SEEDS = [1, 2]

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'linescope-follow-'))
}

describe('following files: every line once, in order, unmixed, when a file is', () => {
  for (const recipe of RECIPES) {
    test(recipe.name, async () => {
      for (const seed of SEEDS) await playRecipe(recipe, seed, newFolder())
    })
  }
})

describe('following files: the recipes notice a follower that', () => {
  for (const { name, noticedBy, breakIt } of MUTANTS) {
    test(name, async () => {
      const recipes = RECIPES.filter(recipe => recipe.name.includes(noticedBy))
      assert.equal(recipes.length, 1)
      const mend = breakIt()
      try {
        await assert.rejects(async () => {
          for (let seed = 1; seed <= 20; seed++) await playRecipe(recipes[0], seed, newFolder())
        })
      } finally {
        mend()
      }
    })
  }
})
