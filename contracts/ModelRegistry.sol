// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IModelRegistry, Model, ModelPublication} from "./interfaces/IModelRegistry.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {ModelId} from "./types/Ids.sol";

/// @title ModelRegistry
/// @notice See IModelRegistry, which carries the documentation.
contract ModelRegistry is IModelRegistry, EIP712, Nonces {
    bytes32 private constant PUBLICATION_TYPEHASH = keccak256(
        "ModelPublication(address publisher,string name,string version,bytes32 manifestDigest,bytes32 signingRoot,string uri,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RETIREMENT_TYPEHASH = keccak256(
        "ModelRetirement(bytes32 modelId,string reason,uint256 nonce,uint256 deadline)"
    );

    mapping(ModelId modelId => Model) private _models;
    mapping(address publisher => mapping(bytes32 nameAndVersion => ModelId)) private _versions;
    mapping(bytes32 manifestDigest => ModelId[]) private _modelsOf;

    constructor() EIP712("Assay", "1") {}

    /// @inheritdoc IModelRegistry
    function publish(ModelPublication calldata publication) external returns (ModelId) {
        return _publish(msg.sender, publication);
    }

    /// @inheritdoc IModelRegistry
    function publishBySig(
        address publisher,
        ModelPublication calldata publication,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external returns (ModelId) {
        bytes32 message = keccak256(
            abi.encode(
                PUBLICATION_TYPEHASH,
                publisher,
                keccak256(bytes(publication.name)),
                keccak256(bytes(publication.version)),
                publication.manifestDigest,
                publication.signingRoot,
                keccak256(bytes(publication.uri)),
                nonce,
                deadline
            )
        );
        _useSignature(publisher, message, nonce, deadline, signature);
        return _publish(publisher, publication);
    }

    /// @inheritdoc IModelRegistry
    function retire(ModelId modelId, string calldata reason) external {
        _retire(msg.sender, modelId, reason);
    }

    /// @inheritdoc IModelRegistry
    function retireBySig(
        address publisher,
        ModelId modelId,
        string calldata reason,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 message = keccak256(
            abi.encode(RETIREMENT_TYPEHASH, modelId, keccak256(bytes(reason)), nonce, deadline)
        );
        _useSignature(publisher, message, nonce, deadline, signature);
        _retire(publisher, modelId, reason);
    }

    /// @inheritdoc IModelRegistry
    function modelIdOf(
        address publisher,
        string calldata name,
        string calldata version,
        bytes32 manifestDigest
    ) external pure returns (ModelId) {
        return _modelIdOf(publisher, name, version, manifestDigest);
    }

    /// @inheritdoc IModelRegistry
    function modelOf(ModelId modelId) external view returns (Model memory) {
        return _models[modelId];
    }

    /// @inheritdoc IModelRegistry
    function versionOf(
        address publisher,
        string calldata name,
        string calldata version
    ) external view returns (ModelId) {
        return _versions[publisher][keccak256(abi.encode(name, version))];
    }

    /// @inheritdoc IModelRegistry
    function modelCountOf(bytes32 manifestDigest) external view returns (uint256) {
        return _modelsOf[manifestDigest].length;
    }

    /// @inheritdoc IModelRegistry
    function modelsOf(
        bytes32 manifestDigest,
        uint256 offset,
        uint256 limit
    ) external view returns (ModelId[] memory page) {
        ModelId[] storage all = _modelsOf[manifestDigest];
        uint256 size = offset < all.length ? Math.min(limit, all.length - offset) : 0;
        page = new ModelId[](size);
        for (uint256 i = 0; i < size; ++i) {
            page[i] = all[offset + i];
        }
    }

    function _publish(address publisher, ModelPublication calldata p) private returns (ModelId modelId) {
        if (bytes(p.name).length == 0 || bytes(p.version).length == 0) revert ModelRegistry_EmptyName();
        if (p.manifestDigest == 0) revert ModelRegistry_ZeroManifestDigest();
        bytes32 nameAndVersion = keccak256(abi.encode(p.name, p.version));
        ModelId taken = _versions[publisher][nameAndVersion];
        if (ModelId.unwrap(taken) != 0) revert ModelRegistry_VersionTaken(taken);

        modelId = _modelIdOf(publisher, p.name, p.version, p.manifestDigest);
        _versions[publisher][nameAndVersion] = modelId;
        _models[modelId] = Model(publisher, uint48(block.timestamp), 0, p.manifestDigest, p.signingRoot);
        _modelsOf[p.manifestDigest].push(modelId);
        emit ModelPublished(modelId, publisher, p.manifestDigest, p.name, p.version, p.signingRoot, p.uri);
    }

    function _retire(address publisher, ModelId modelId, string calldata reason) private {
        Model storage model = _models[modelId];
        if (model.publishedAt == 0 || model.publisher != publisher) {
            revert ModelRegistry_NotPublisher(modelId, publisher);
        }
        if (model.retiredAt != 0) revert ModelRegistry_AlreadyRetired(modelId);
        model.retiredAt = uint48(block.timestamp);
        emit ModelRetired(modelId, publisher, reason);
    }

    function _modelIdOf(
        address publisher,
        string calldata name,
        string calldata version,
        bytes32 manifestDigest
    ) private pure returns (ModelId) {
        return ModelId.wrap(keccak256(abi.encode(publisher, name, version, manifestDigest)));
    }

    function _useSignature(
        address account,
        bytes32 message,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) private {
        if (block.timestamp > deadline) revert ModelRegistry_DeadlinePassed(deadline, block.timestamp);
        _useCheckedNonce(account, nonce);
        if (!Signatures.isByAccount(account, _hashTypedDataV4(message), signature)) {
            revert ModelRegistry_InvalidSignature();
        }
    }
}
