/** An invalid option. The message has the names of options as in code; `describe` returns it with other names. */
export class OptionError extends RangeError {
  readonly describe: (nameOf: (option: string) => string) => string

  constructor(describe: OptionError['describe']) {
    super(describe((option) => option))
    this.describe = describe
  }
}
