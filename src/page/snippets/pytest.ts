import { PYTHON, enclose, writeText, writeValue } from './literal.ts'
import type { SnippetSource } from './recorded.ts'
import { type TestFacts, PICTURES, toTestFacts } from './test-facts.ts'

/** Seconds that a request may take in addition to its planned delays. */
const PATIENCE = 30

/** An exchange as a test for pytest: it sends the request and expects what the response had. */
export function toPytest(source: SnippetSource): string {
  const facts = toTestFacts(source)
  const { script, differences, pictures, violations } = facts
  const token = source.isTokenNeeded === true ? ', "x-mock-control-token": os.environ["MOCK_CONTROL_TOKEN"]' : ''
  const imports = [...(facts.step === 1 ? [] : ['contextlib']), 'os', ...(pictures === undefined ? [] : ['re']), 'uuid']
  const body = [
    ...differences.map((difference) => `# ${difference}`),
    'session = {"x-mock-session": str(uuid.uuid4())}',
    ...(script === undefined && violations === undefined ? [] : [`control = {**session${token}}`]),
    ...(script === undefined ? [] : scriptLines(script)),
    ...requestLines(facts),
    ...(pictures === undefined ? [] : [`assert len(re.findall(r"${PICTURES}", response.text)) == ${pictures}`]),
    ...(violations === undefined ? [] : violationLines(violations)),
  ]
  return `# pip install pytest requests
${imports.map((name) => `import ${name}\n`).join('')}
${facts.isReset ? 'import pytest\n' : ''}import requests

MOCK_URL = os.environ.get("MOCK_URL", ${writeText([source.root], PYTHON)})


# Replace the request by a call of your code.
def test_${toName(source)}():
${body.map((line) => (line === '' ? '\n' : `${PYTHON.indent}${line}\n`)).join('')}`
}

function toName({ exchange }: SnippetSource): string {
  const words = exchange.scenario?.name ?? exchange.chat?.model ?? ''
  return (
    words
      .toLowerCase()
      .replaceAll(/[^a-z\d]+/g, '_')
      .replaceAll(/^_+|_+$/g, '') || 'request'
  )
}

function scriptLines(script: NonNullable<TestFacts['script']>): string[] {
  const entry = writeValue(script, PYTHON, { indent: PYTHON.indent })
  return [
    `scripted = requests.post(f"{MOCK_URL}/__mock/script", json=${entry}, headers=control, timeout=${PATIENCE})`,
    'assert scripted.ok, scripted.text',
  ]
}

function requestLines(facts: TestFacts): string[] {
  const { step, isReset, status } = facts
  const [once, nested] = [toCall(facts, PYTHON.indent), toCall(facts, PYTHON.indent.repeat(2))]
  if (step === 1)
    return isReset
      ? ['with pytest.raises(requests.RequestException):', `    ${nested}`]
      : [`response = ${once}`, `assert response.status_code == ${status}`]
  return [
    '',
    'def send():',
    `    return ${nested}`,
    '',
    `for _ in range(${step - 1}):`,
    '    with contextlib.suppress(requests.RequestException):',
    '        send()',
    ...(isReset
      ? ['with pytest.raises(requests.RequestException):', '    send()']
      : ['response = send()', `assert response.status_code == ${status}`]),
  ]
}

function toCall({ request, wait }: TestFacts, indent: string): string {
  const { method, path, headers, body, isJson } = request
  const own = Object.entries(headers).map(([name, value]) => `${PYTHON.name(name)}: ${writeText(value, PYTHON)}`)
  const value = writeValue(body ?? null, PYTHON, { indent: indent + PYTHON.indent })
  const given = [
    writeText([method], PYTHON),
    `MOCK_URL + ${writeText(path, PYTHON)}`,
    ...(body === undefined
      ? []
      : [body === null ? 'data="null"' : isJson ? `json=${value}` : `data=${value}.encode()`]),
    `headers={${['**session', ...own].join(', ')}}`,
    `timeout=${Math.ceil(wait / 1000) + PATIENCE}`,
  ]
  return `requests.request${enclose(given, ['(', ')', ''], { syntax: PYTHON, indent })}`
}

function violationLines(violations: readonly string[]): string[] {
  return [
    `exchanges = requests.get(f"{MOCK_URL}/__mock/exchanges", headers=control, timeout=${PATIENCE}).json()["exchanges"]`,
    `assert [violation["code"] for violation in exchanges[-1]["violations"]] == ${writeValue(violations, PYTHON, { indent: PYTHON.indent })}`,
  ]
}
