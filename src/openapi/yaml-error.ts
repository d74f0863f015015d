/** The parser's messages that use words of the YAML specification, and what they mean. */
const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/same column/, 'the indentation does not match the lines above; start all keys of a mapping at the same column'],
  [/^Flow (?:map|sequence)/, 'a bracket is not closed, or its content is not indented; close it with } or ]'],
  [/^Plain value/, 'the value starts with a character that YAML reserves; put the value in quotes'],
  [/^Nested mappings/, "a value contains ': '; put it in quotes, or start a mapping on the next line"],
  [/^Map keys must be unique/, 'the key is already in this mapping; remove one of the two'],
  [/^Implicit keys/, "the line is not a 'key: value'; add the colon, or indent a text of several lines"],
  [/^Implicit map keys/, "the line is not a 'key: value'; add the colon and the value"],
  [/multiple documents/, 'the file has a second document after ---; use one file for each'],
  [/^Tabs/, 'a tab is used as indentation; use spaces'],
]

/** An error of the YAML parser in plain words, with its fix. */
export function describeYamlError(message: string): string {
  return PLAIN.find(([pattern]) => pattern.test(message))?.[1] ?? `${message}; fix the YAML`
}
