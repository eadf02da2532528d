"""Greedy decoding in batches, compared with decoding one sentence at a time by `forward`."""

import torch

from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceDecoder, SentenceVAE
from zlide.decoders.greedy import decode_greedily


def seeded_decoder() -> SentenceDecoder:
    torch.manual_seed(3)
    decoder = SentenceVAE(
        SentenceConfig(vocabulary=20, embedding=8, encoder=8, decoder=16, latent_size=6)
    ).decoder
    with torch.no_grad():
        decoder.bias[SentenceConfig.end] = 0.6  # gives sentences of many lengths
    return decoder.eval()


@torch.no_grad()
def decode_alone(decoder: SentenceDecoder, z: torch.Tensor, max_length: int) -> list[int]:
    tokens = [0]
    while len(tokens) <= max_length:
        token = int(decoder(z[None], torch.tensor([tokens]))[0, -1].argmax())
        if token == 1:
            break
        tokens.append(token)
    return tokens[1:]


def test_decodes_each_sentence_as_if_it_were_alone() -> None:
    decoder = seeded_decoder()
    z = 6 * torch.randn(300, 6, generator=torch.Generator().manual_seed(1))  # more than one batch
    batched = decode_greedily(decoder, z, begin=0, end=1, max_length=9)
    assert batched == [decode_alone(decoder, row, 9) for row in z]
    lengths = {len(s) for s in batched}
    assert {0, 9} < lengths, (
        f"the test needs empty, short and cut-off sentences, found lengths {sorted(lengths)}"
    )


def test_decodes_no_latents_to_no_sentences() -> None:
    assert decode_greedily(seeded_decoder(), torch.zeros(0, 6), begin=0, end=1, max_length=9) == []
