# The tools in a Debian 12 container, made by the same script as everywhere else.
#   docker build -t tpu-mlir . && docker run --rm -it tpu-mlir
FROM debian:12

WORKDIR /opt/tpu-mlir

# The slow, rarely changing half first, so that an edited source file does not install everything again.
COPY build.sh envsetup.sh requirements.txt requirements-dev.txt ./
RUN ./build.sh deps && rm -rf /var/lib/apt/lists/*

COPY . .
RUN ./build.sh

RUN echo 'source /opt/tpu-mlir/envsetup.sh' >> /root/.bashrc
CMD ["bash"]
