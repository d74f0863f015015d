import type { Validator } from './validator.ts'

/** Maximum number of steps to validate a body or a parameter: `$ref`s that are followed, and errors at each of them. */
const MAX_STEPS = 500_000

class TooManySteps extends Error {}

/** How many steps are left. A validation takes place synchronously. */
const left = { steps: 0 }

/** The number of steps of the last validation. */
export function lastSteps(): number {
  return MAX_STEPS - left.steps
}

/** Counts a `$ref` that is followed, or the errors of what it points to. These are copied: ten of them are a step. */
export function countStep(errors = 0): void {
  left.steps -= errors === 0 ? 1 : errors / 10
  if (left.steps < 0) throw new TooManySteps()
}

/**
 * A validator that stops after MAX_STEPS, with one error. If several branches of a schema contain the schema
 * itself, the time doubles with each level of the value.
 */
export function limitEffort(validate: Validator): Validator {
  const limited: Validator = (value) => {
    left.steps = MAX_STEPS
    try {
      const isValid = validate(value)
      limited.errors = validate.errors ?? null
      return isValid
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error
      const message = `it takes more than ${MAX_STEPS} steps to compare it with the schemas of the contract`
      limited.errors = [{ instancePath: '', schemaPath: '', keyword: 'effort', params: {}, message }]
      return false
    }
  }
  return limited
}
