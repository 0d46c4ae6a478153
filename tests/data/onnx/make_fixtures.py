#!/usr/bin/env python3
"""Exports the networks of this folder with Debian's python3-torch, python3-torchvision and python3-onnx.

    /usr/bin/python3 tests/data/onnx/make_fixtures.py

Weights are random and left out of the files: an initializer of more than 64 values keeps its name, type and shape
but no data, so a file takes 5-100 KB. resnet50_parameters_as_inputs.onnx is PyTorch's own weight-free form
(export_params=False).
"""
# SPDX-License-Identifier: Apache-2.0
import io
import pathlib
import warnings

import onnx
import torch
import torchvision

HERE = pathlib.Path(__file__).parent
MOST_VALUES = 64


def strip(graph):
    for tensor in graph.initializer:
        count = 1
        for size in tensor.dims:
            count *= size
        if count > MOST_VALUES:
            for field in ("raw_data", "float_data", "int32_data", "int64_data"):
                tensor.ClearField(field)


def shorten(graph):
    """Numbers instead of PyTorch's long names of nodes and of the values between them."""
    names = {}
    for node in graph.node:
        node.ClearField("name")
        for i, value in enumerate(node.output):
            if "/" in value or "::" in value:
                names[value] = str(len(names))
                node.output[i] = names[value]
    for node in graph.node:
        for i, value in enumerate(node.input):
            node.input[i] = names.get(value, value)
    for value in graph.output:
        value.name = names.get(value.name, value.name)


def export(name, model, inputs, axes=None, names=None, opset=14, training=False, weights=True):
    """Writes HERE/name.onnx."""
    mode = torch.onnx.TrainingMode
    file = io.BytesIO()
    model.train(training)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, inputs, file, opset_version=opset, input_names=names, dynamic_axes=axes,
                          export_params=weights, do_constant_folding=not training,
                          training=mode.TRAINING if training else mode.EVAL)
    proto = onnx.load_model_from_string(file.getvalue())
    strip(proto.graph)
    for node in proto.graph.node:
        node.ClearField("doc_string")
    if len(proto.graph.node) > 500:
        shorten(proto.graph)
    (HERE / f"{name}.onnx").write_bytes(proto.SerializeToString())
    print(name, len(proto.SerializeToString()), "bytes", len(proto.graph.node), "nodes")


class Tagger(torch.nn.Module):
    """Embedding, two LSTM layers in both directions, one linear layer per token."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(10000, 256)
        self.lstm = torch.nn.LSTM(256, 512, num_layers=2, bidirectional=True, batch_first=True)
        self.head = torch.nn.Linear(1024, 20)

    def forward(self, tokens):
        hidden, _ = self.lstm(self.embedding(tokens))
        return self.head(hidden)


class Encoder(torch.nn.Module):
    """BERT-base shaped encoder, written out so that every reshape follows the shape of its input."""

    def __init__(self, layers=2, width=768, heads=12, vocabulary=30522):
        super().__init__()
        self.heads = heads
        self.words = torch.nn.Embedding(vocabulary, width)
        self.positions = torch.nn.Embedding(512, width)
        self.norm = torch.nn.LayerNorm(width)
        make = lambda a, b: torch.nn.ModuleList([torch.nn.Linear(a, b) for _ in range(layers)])
        self.query, self.key, self.value, self.out = (make(width, width) for _ in range(4))
        self.up, self.down = make(width, 4 * width), make(4 * width, width)
        self.norms = torch.nn.ModuleList([torch.nn.LayerNorm(width) for _ in range(2 * layers)])

    def split(self, x):
        return x.view(x.size(0), x.size(1), self.heads, x.size(2) // self.heads).permute(0, 2, 1, 3)

    def forward(self, tokens):
        positions = torch.arange(tokens.size(1)).unsqueeze(0)
        x = self.norm(self.words(tokens) + self.positions(positions))
        for i in range(len(self.query)):
            q, k, v = (self.split(m[i](x)) for m in (self.query, self.key, self.value))
            scores = torch.softmax(q @ k.transpose(-1, -2) / (q.size(-1) ** 0.5), dim=-1)
            y = (scores @ v).permute(0, 2, 1, 3).contiguous()
            y = self.out[i](y.view(y.size(0), y.size(1), -1))
            x = self.norms[2 * i](x + y)
            y = self.down[i](torch.nn.functional.gelu(self.up[i](x)))
            x = self.norms[2 * i + 1](x + y)
        return x


def quantised():
    """ResNet-18 with fake quantisation, which exports as QuantizeLinear and DequantizeLinear."""
    from torch.ao.quantization import QConfigMapping, disable_observer
    from torch.ao.quantization.quantize_fx import prepare_qat_fx
    image = torch.randn(1, 3, 224, 224)
    weight = torch.ao.quantization.FakeQuantize.with_args(
        observer=torch.ao.quantization.MinMaxObserver, quant_min=-128, quant_max=127, dtype=torch.qint8,
        qscheme=torch.per_tensor_symmetric)
    act = torch.ao.quantization.FakeQuantize.with_args(
        observer=torch.ao.quantization.MinMaxObserver, quant_min=0, quant_max=255, dtype=torch.quint8,
        qscheme=torch.per_tensor_affine)
    mapping = QConfigMapping().set_global(torch.ao.quantization.QConfig(activation=act, weight=weight))
    model = prepare_qat_fx(torchvision.models.resnet18().eval().train(), mapping, (image,))
    model(image)
    model.apply(disable_observer)
    class Wrapped(torch.nn.Module):  # an exporter that sees a torch.fx module takes it for TorchScript
        def __init__(self):
            super().__init__()
            self.network = model.eval()

        def forward(self, x):
            return self.network(x)

    return Wrapped()


def main():
    torch.manual_seed(0)
    models = torchvision.models
    image = torch.randn(1, 3, 224, 224)
    batch = {"image": {0: "batch"}}
    export("resnet50", models.resnet50(), image, batch, ["image"], 13)
    export("resnet50_training", models.resnet50(), image, batch, ["image"], 13, training=True)
    export("resnet50_parameters_as_inputs", models.resnet50(), image, None, None, 13, weights=False)
    export("mobilenet_v3_large", models.mobilenet_v3_large(), image, None, ["image"], 16)
    export("efficientnet_b0", models.efficientnet_b0(), image, batch, ["image"], 15)
    export("vit_b_16", models.vit_b_16(), image, batch, ["image"], 17)
    tokens = torch.randint(0, 10000, (2, 12))
    both = {"tokens": {0: "batch", 1: "sequence"}}
    export("lstm", Tagger(), tokens, both, ["tokens"], 14)
    export("encoder", Encoder(), tokens, both, ["tokens"], 14)
    layer = torch.nn.TransformerEncoderLayer(768, 12, 3072, activation="gelu")
    export("transformer_encoder", torch.nn.TransformerEncoder(layer, 2), torch.randn(12, 2, 768),
           {"source": {0: "sequence", 1: "batch"}}, ["source"], 14, training=True)
    layer = torch.nn.TransformerEncoderLayer(256, 4, 1024, batch_first=True)
    export("transformer_encoder_static", torch.nn.TransformerEncoder(layer, 1), torch.randn(1, 50, 256), None,
           ["source"], 13, training=True)
    export("resnet18_quantised", quantised(), image, batch, ["image"], 13)


if __name__ == "__main__":
    main()
