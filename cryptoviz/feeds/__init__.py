"""Live feeds: what Kafka topics bring, handed to many clients, each message encoded once."""
