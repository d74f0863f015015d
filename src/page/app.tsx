import { type ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { urlOf } from './control.ts'
import { JournalContext, useJournal, useLiveJournal } from './journal.ts'
import { useKeys } from './keys.ts'
import { LanguageContext, useWords } from './language.ts'
import { ShortcutsDialog } from './parts/shortcuts.tsx'
import { TokenForm } from './parts/token-form.tsx'
import { type Route, type View, VIEWS, hrefOf, useRoute } from './route.ts'
import { type PageSettings, useSettings } from './settings.ts'
import { ContractView } from './views/contract.tsx'
import { CoverageView } from './views/coverage.tsx'
import { JournalView } from './views/journal.tsx'
import { ModelsView } from './views/models.tsx'
import { ProvokeView } from './views/provoke.tsx'
import { TryView } from './views/try.tsx'
import { shellWords } from './words/shell.ts'

const COMPONENTS: Readonly<Record<View, ComponentType<{ readonly route: Route }>>> = {
  journal: JournalView,
  try: TryView,
  provoke: ProvokeView,
  coverage: CoverageView,
  contract: ContractView,
  models: ModelsView,
}

/** The page: its navigation, and the view that the URL names. */
export function App() {
  const [settings, change] = useSettings()
  const route = useRoute()
  const search = useRef('')
  if (route.view === 'journal') search.current = route.query.get('q') ?? ''
  const journal = useLiveJournal(search.current)
  const Current = COMPONENTS[route.view]
  return (
    <LanguageContext.Provider value={settings.language}>
      <JournalContext.Provider value={journal}>
        <Header view={route.view} search={search.current} settings={settings} change={change} />
        {journal.connection === 401 && <TokenForm onToken={journal.restart} />}
        <main id="content" tabIndex={-1} class={`view-${route.view}`}>
          <Current route={route} />
        </main>
      </JournalContext.Provider>
    </LanguageContext.Provider>
  )
}

interface HeaderProps {
  readonly view: View
  readonly search: string
  readonly settings: PageSettings
  readonly change: (changes: Partial<PageSettings>) => void
}

function Header({ view, search, settings, change }: HeaderProps) {
  const words = useWords(shellWords)
  const [isHelp, setHelp] = useState(false)
  useKeys({ '?': () => setHelp(true) })
  useEffect(() => {
    document.title = `${words.views[view]} · chat-image-mock`
  }, [view, words])
  return (
    <header class="top">
      <a class="skip" href="#content" onClick={skip}>
        {words.skip}
      </a>
      <a class="brand" href={hrefOf('journal')}>
        <img src={urlOf('/__mock/page/icon.svg')} alt="" width="26" height="26" />
        <span>chat-image-mock</span>
      </a>
      <nav aria-label={words.navigation}>
        {VIEWS.map((one) => (
          <a
            key={one}
            href={hrefOf(one, '', one === 'journal' ? { q: search } : {})}
            aria-current={one === view ? 'page' : undefined}
          >
            {words.views[one]}
          </a>
        ))}
      </nav>
      <Tools settings={settings} change={change} onHelp={() => setHelp(true)} />
      {isHelp && <ShortcutsDialog onClose={() => setHelp(false)} />}
    </header>
  )
}

interface ToolsProps extends Pick<HeaderProps, 'settings' | 'change'> {
  readonly onHelp: () => void
}

function Tools({ settings, change, onHelp }: ToolsProps) {
  const words = useWords(shellWords)
  return (
    <div class="tools">
      <ConnectionState />
      <select
        aria-label={words.theme}
        value={settings.theme}
        onChange={({ currentTarget }) => change({ theme: themeOf(currentTarget.value) })}
      >
        {THEMES.map((theme) => (
          <option key={theme} value={theme}>
            {words.themes[theme]}
          </option>
        ))}
      </select>
      <button
        type="button"
        class="quiet"
        lang={settings.language === 'en' ? 'zh-CN' : 'en'}
        onClick={() => change({ language: settings.language === 'en' ? 'zh' : 'en' })}
      >
        {settings.language === 'en' ? '中文' : 'English'}
      </button>
      <button type="button" class="quiet" aria-label={words.shortcuts} title={words.shortcuts} onClick={onHelp}>
        ?
      </button>
    </div>
  )
}

const THEMES = ['auto', 'light', 'dark'] as const

function themeOf(value: string): PageSettings['theme'] {
  return THEMES.find((theme) => theme === value) ?? 'auto'
}

// The fragment of the URL names the view, so the link moves the focus by itself.
function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('content')?.focus()
}

function ConnectionState() {
  const words = useWords(shellWords)
  const { connection } = useJournal()
  const text =
    connection === undefined
      ? words.connecting
      : connection === 'live'
        ? words.live
        : connection === 0
          ? words.lost
          : connection === 401
            ? words.locked
            : words.rejected(connection)
  return (
    <p class="connection" role="status" data-state={connection === 'live' ? 'live' : 'lost'}>
      {text}
    </p>
  )
}
