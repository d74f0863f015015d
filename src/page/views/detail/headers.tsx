/** Headers, closed at first. */
export function Headers({
  label,
  headers,
}: {
  readonly label: string
  readonly headers: Readonly<Record<string, string>>
}) {
  const all = Object.entries(headers)
  return (
    <details class="card">
      <summary>
        {label} <span class="soft">{all.length}</span>
      </summary>
      <dl class="headers mono">
        {all.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
