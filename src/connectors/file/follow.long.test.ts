import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { playRecipe } from './follow-play-fixtures.ts'
import { RECIPES } from './follow-recipes-fixtures.ts'

const SEEDS = 50

describe(`following files: ${RECIPES.length} recipes with ${SEEDS} seeds each`, () => {
  for (const recipe of RECIPES) {
    test(recipe.name, async () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        await playRecipe(recipe, seed, mkdtempSync(join(tmpdir(), 'linescope-follow-')))
      }
    })
  }
})
