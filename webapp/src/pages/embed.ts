// The script for other pages: it defines `<zlide-explorer bundle="models/sentences/">`.

import '../explorer/index.ts'
