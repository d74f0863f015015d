import { type ComponentType, type FunctionComponent, Component, createElement } from 'preact'

/** A component that is drawn again only if one of its properties has changed. */
export function memo<P extends object>(inner: FunctionComponent<P>): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      return Object.entries(next).some(([name, value]) => !Object.is(value, Reflect.get(this.props, name)))
    }
    override render() {
      return createElement(inner, this.props)
    }
  }
}
