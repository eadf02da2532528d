"""Greedy decoding of many sentences equals decoding each alone with the decoder's other way through."""

import torch

from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceDecoder, SentenceVAE
from zlide.decoders.greedy import decode_greedily


def seeded_decoder() -> SentenceDecoder:
    torch.manual_seed(3)
    decoder = SentenceVAE(
        SentenceConfig(vocabulary=20, embedding=8, encoder=8, decoder=16, latent_size=6)
    ).decoder
    with torch.no_grad():
        decoder.bias[SentenceConfig.end] = 0.6  # so that sentences of many lengths occur
    return decoder.eval()


@torch.no_grad()
def alone(decoder: SentenceDecoder, z: torch.Tensor, max_length: int) -> list[int]:
    tokens = [0]
    while len(tokens) <= max_length:
        best = int(decoder(z[None], torch.tensor([tokens]))[0, -1].argmax())
        if best == 1:
            break
        tokens.append(best)
    return tokens[1:]


def test_every_sentence_is_what_it_is_alone() -> None:
    decoder = seeded_decoder()
    z = 6 * torch.randn(300, 6, generator=torch.Generator().manual_seed(1))  # more than one batch
    together = decode_greedily(decoder, z, begin=0, end=1, max_length=9)
    assert together == [alone(decoder, row, 9) for row in z]
    lengths = {len(s) for s in together}
    assert {0, 9} < lengths, (
        f"the test needs empty, short and cut-off sentences, found lengths {sorted(lengths)}"
    )


def test_no_position_gives_no_sentence() -> None:
    assert decode_greedily(seeded_decoder(), torch.zeros(0, 6), begin=0, end=1, max_length=9) == []
