import { useState } from 'preact/hooks'
import { setToken } from '../control.ts'
import { useWords } from '../language.ts'
import { shellWords } from '../words/shell.ts'

/** Asks for the control token. It is shown for as long as the mock rejects requests without the right one. */
export function TokenForm({ onToken }: { readonly onToken: () => void }) {
  const words = useWords(shellWords)
  const [isTried, setTried] = useState(false)
  const send = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault()
    const token = new FormData(event.currentTarget).get('token')
    setToken(typeof token === 'string' ? token : '')
    setTried(true)
    onToken()
  }
  return (
    <form class="notice token" onSubmit={send}>
      <p id="token-help">{isTried ? words.tokenWrong : words.tokenNeeded}</p>
      <label>
        {words.token} <input name="token" type="password" autocomplete="off" required aria-describedby="token-help" />
      </label>
      <button type="submit">{words.open}</button>
    </form>
  )
}
