"""Writes and reads Avro records with Confluent's own client: the independent side of the tests.

    avro.py produce < JOB      writes the records of a job, waits for the broker, prints the ids of their schemas
    avro.py consume < JOB      prints each record of a topic as a line of JSON: partition, offset, key, value, schema ids

A job is one JSON document on standard input. What JSON has no type for stands as an object of one member, in jobs and in
what is printed: {"$bytes": "00ff"}, {"$decimal": "1.20"}, {"$uuid": "…"}, {"$date": "2024-01-31"},
{"$time": "12:00:00.000000"}, {"$timestamp": "2024-01-31T12:00:00.000000Z"}, {"$local": "2024-01-31T12:00:00.000000"}.
"""

import json
import sys
from datetime import date, datetime, time, timezone
from decimal import Decimal
from uuid import UUID

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry import topic_subject_name_strategy, record_subject_name_strategy
from confluent_kafka.schema_registry import topic_record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

STRATEGIES = {
    "topic": topic_subject_name_strategy,
    "record": record_subject_name_strategy,
    "topic_record": topic_record_subject_name_strategy,
}
READ = {
    "$bytes": bytes.fromhex,
    "$decimal": Decimal,
    "$uuid": UUID,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$timestamp": lambda text: datetime.fromisoformat(text.replace("Z", "+00:00")),
    "$local": datetime.fromisoformat,
}
TIMEOUT_S = 60


def from_json(value):
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if isinstance(value, dict):
        if len(value) == 1:
            (name, inner), = value.items()
            if name in READ:
                return READ[name](inner)
        return {name: from_json(inner) for name, inner in value.items()}
    return value


def to_json(value):
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {name: to_json(inner) for name, inner in value.items()}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, Decimal):
        return {"$decimal": format(value, "f")}
    if isinstance(value, UUID):
        return {"$uuid": str(value)}
    # A datetime is a date, too: it comes first.
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return {"$local": value.isoformat(timespec="microseconds")}
        utc = value.astimezone(timezone.utc).replace(tzinfo=None)
        return {"$timestamp": utc.isoformat(timespec="microseconds") + "Z"}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, time):
        return {"$time": value.isoformat(timespec="microseconds")}
    return value


def serializer(client, described, strategy):
    """The serialiser of one of the job's schemas: it registers the schema under the strategy's subject."""
    references = [
        SchemaReference(name=one["name"], subject=one["subject"], version=one["version"])
        for one in described.get("references", [])
    ]
    schema = Schema(described["schema"], "AVRO", references)
    return AvroSerializer(client, schema, conf={"subject.name.strategy": STRATEGIES[strategy]})


def schema_id(framed):
    return int.from_bytes(framed[1:5], "big") if framed and framed[0] == 0 else None


def produce(job):
    client = SchemaRegistryClient({"url": job["registry"]})
    strategy = job.get("strategy", "topic")
    serializers = [serializer(client, described, strategy) for described in job["schemas"]]
    producer = Producer({"bootstrap.servers": job["bootstrap"], "enable.idempotence": True})
    topic, refused, ids = job["topic"], [], set()

    def framed(part, schema, field):
        if part is None:
            return None
        if schema is None:
            return part.encode()
        done = serializers[schema](from_json(part), SerializationContext(topic, field))
        ids.add(schema_id(done))
        return done

    for record in job["records"]:
        producer.produce(
            topic,
            key=framed(record.get("key"), record.get("key_schema"), MessageField.KEY),
            value=framed(record.get("value"), record.get("value_schema"), MessageField.VALUE),
            partition=record.get("partition", 0),
            on_delivery=lambda error, _: refused.append(str(error)) if error else None,
        )
        producer.poll(0)
    left = producer.flush(TIMEOUT_S)
    if left or refused:
        sys.exit(f"{left} records were not sent, {len(refused)} refused: {refused[:3]}")
    print(json.dumps(sorted(ids)))


def consume(job):
    client = SchemaRegistryClient({"url": job["registry"]})
    value_of = AvroDeserializer(client)
    key_of = AvroDeserializer(client) if job.get("avro_key") else None
    consumer = Consumer({"bootstrap.servers": job["bootstrap"], "group.id": "millstream-testbed-python",
                         "enable.auto.commit": False, "isolation.level": "read_committed"})
    topic = job["topic"]
    partitions = consumer.list_topics(topic, TIMEOUT_S).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    for _ in range(job["count"]):
        message = consumer.poll(TIMEOUT_S)
        if message is None or message.error():
            sys.exit(f"no record: {message and message.error()}")
        key, value = message.key(), message.value()
        line = {
            "partition": message.partition(),
            "offset": message.offset(),
            "key_schema": schema_id(key) if key_of else None,
            "key": plain(key) if key_of is None else
            to_json(key_of(key, SerializationContext(topic, MessageField.KEY))),
            "value_schema": schema_id(value),
            "value": to_json(value_of(value, SerializationContext(topic, MessageField.VALUE))),
        }
        print(json.dumps(line))
    consumer.close()


def plain(key):
    return None if key is None else key.decode(errors="backslashreplace")


if __name__ == "__main__":
    {"produce": produce, "consume": consume}[sys.argv[1]](json.load(sys.stdin))
