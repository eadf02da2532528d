"""The VAEs that ship, ordinary clients of the contracts in `zlide.decoders`."""
