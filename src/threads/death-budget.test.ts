import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { DeathBudget } from './death-budget.ts'

describe('how often a lane may die', () => {
  test('is six times at one place, when nothing is settled between', () => {
    const budget = new DeathBudget(0)
    for (let death = 1; death < 6; death++) assert.equal(budget.died(100, false, 0), undefined, `death ${death}`)
    assert.match(budget.died(100, false, 0) ?? '', /6 times in a row without getting any further/)
  })

  test('begins anew at a place when a line was found guilty or one was settled', () => {
    const budget = new DeathBudget(0)
    for (let death = 1; death <= 9; death++) assert.equal(budget.died(100, death % 3 === 0, 0), undefined)
    for (let death = 1; death <= 9; death++) assert.equal(budget.died(100 + death, false, 0), undefined)
  })

  test('is 30 times where hardly a line comes through', () => {
    const budget = new DeathBudget(0)
    for (let death = 1; death <= 30; death++) assert.equal(budget.died(death, false, 0), undefined, `death ${death}`)
    assert.match(budget.died(31, false, 0) ?? '', /more than 30 times/)
  })

  test('has no end while lines come through, or time goes by', () => {
    const fast = new DeathBudget(0)
    const slow = new DeathBudget(0)
    for (let death = 1; death <= 10_000; death++) {
      assert.equal(fast.died(death * 1_000, false, death), undefined)
      assert.equal(slow.died(death, false, death * 60_000), undefined)
    }
  })
})
