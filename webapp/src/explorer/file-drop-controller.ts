import type { ReactiveController, ReactiveControllerHost } from 'lit'

/** Lets the reader drop a file on an element. `isOver` while a file is dragged over it. */
export class FileDropController implements ReactiveController {
  isOver = false

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly accepts: () => boolean,
    private readonly onFile: (file: File) => void,
  ) {
    host.addController(this)
  }

  hostDisconnected() {
    this.isOver = false
  }

  readonly onDragOver = (event: DragEvent): void => {
    if (!this.accepts() || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault() // otherwise the browser opens the file
    this.set(true)
  }

  readonly onDragLeave = ({ currentTarget, relatedTarget }: DragEvent): void =>
    this.set((currentTarget as Node).contains(relatedTarget as Node | null))

  readonly onDrop = (event: DragEvent): void => {
    if (!this.isOver) return
    event.preventDefault()
    this.set(false)
    const [file] = event.dataTransfer?.files ?? []
    if (file) this.onFile(file)
  }

  private set(isOver: boolean) {
    if (isOver === this.isOver) return
    this.isOver = isOver
    this.host.requestUpdate()
  }
}
