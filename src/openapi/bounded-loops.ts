import { type Ajv, type CodeGen, type KeywordCxt, Name, _ } from 'ajv'
import { MAX_ERRORS } from './violation.ts'

// The keywords whose code is a loop over the items or members, and fails if one of them does.
const LOOPS = [
  'items',
  'additionalItems',
  'additionalProperties',
  'patternProperties',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
]

/**
 * Changes the code that ajv generates: a loop over items or members stops after MAX_ERRORS errors. Otherwise a small
 * body with 100,000 wrong items takes seconds. `contains` must look at all items, and forgets earlier errors instead.
 */
export function boundLoops(ajv: Ajv): void {
  for (const keyword of LOOPS) wrapLoops(ajv, keyword, (gen) => gen.break())
  wrapLoops(ajv, 'contains', (gen, start) => {
    gen.assign(ERRORS, start)
    gen.if(_`${ALL_ERRORS} !== null`, () => {
      gen.if(
        _`${start} > 0`,
        () => gen.assign(_`${ALL_ERRORS}.length`, start),
        () => gen.assign(ALL_ERRORS, _`null`),
      )
    })
  })
}

// ajv's names in the generated code: the number of errors, and the list of them.
const ERRORS = new Name('errors')
const ALL_ERRORS = new Name('vErrors')

// Appends to the body of a keyword's loop what happens once the loop has MAX_ERRORS errors.
function wrapLoops(ajv: Ajv, keyword: string, onFull: (gen: CodeGen, start: Name) => void): void {
  const definition = ajv.getKeyword(keyword)
  if (typeof definition !== 'object' || !('code' in definition)) return // it is not in this dialect
  const { code } = definition
  const bounded = (gen: CodeGen): CodeGen => {
    const withBound = (body: (index: Name) => void): ((index: Name) => void) => {
      const start = gen.const('start', ERRORS)
      return (index) => {
        body(index)
        gen.if(_`${ERRORS} - ${start} >= ${MAX_ERRORS}`, () => onFull(gen, start))
      }
    }
    const loops: Pick<CodeGen, 'forRange' | 'forIn'> = {
      forRange: (...[name, from, to, body]) => gen.forRange(name, from, to, withBound(body)),
      forIn: (name, object, body) => gen.forIn(name, object, withBound(body)),
    }
    return Object.assign(Object.create(gen), loops)
  }
  // Only the keyword's own loops are wrapped: the code inside them is generated with the original `gen`.
  Object.assign(definition, {
    code: (context: KeywordCxt, type?: string) =>
      code(Object.create(context, { gen: { value: bounded(context.gen) } }), type),
  })
}
